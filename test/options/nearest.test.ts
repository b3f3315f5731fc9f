import test from 'ava'
import { editDistance, nearest } from '../../lib/options/nearest.js'

test('a swap of neighboring letters is one edit, as is one letter more, less or other', (t) => {
  t.is(editDistance('bacth', 'batch'), 1)
  t.is(editDistance('batch', 'batches'), 2)
  t.is(editDistance('dim', 'dam'), 1)
  t.is(editDistance('', 'seed'), 4)
  t.is(editDistance('same', 'same'), 0)
})

test('a misspelled, shortened or lengthened name finds the one that was meant', (t) => {
  const known = ['batch', 'classes', 'backbone', 'learningRates', 'zeroClamp', 'out', 'dim']
  t.is(nearest('bacth', known), 'batch')
  t.is(nearest('class', known), 'classes')
  t.is(nearest('batchSize', known), 'batch')
  t.is(nearest('learning-rate', known), 'learningRates')
  t.is(nearest('zero_clamp', known), 'zeroClamp')
})

test('what resembles nothing finds nothing', (t) => {
  t.is(nearest('lr', ['batch', 'learningRates', 'dim']), undefined)
  t.is(nearest('x', []), undefined)
})
