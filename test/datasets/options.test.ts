import test from 'ava'
import { z } from 'zod'
import { datasetFields } from '../../lib/datasets/options.js'
import { flagsOf, readFlags } from '../../lib/options/flags.js'
import { parseOptions } from '../../lib/options/parse.js'

const schema = z.strictObject(datasetFields)
const parse = (input: object) => parseOptions(schema, input, 'test')

test('defaults', (t) => {
  t.deepEqual(parse({}), {
    dataset: 'auto',
    classMap: null,
    ignoreLabel: null,
    recursive: true,
    maxPixels: 100_000_000,
    onBadImage: 'fail',
    bands: null,
    range: 'auto',
    crops: null,
    cropRatio: 0.5,
  })
})

test('a class map is a path or an object, and survives JSON', (t) => {
  const classMap = { 7: 0, 8: null, 9: 1, names: ['road', 'sky'] }
  t.deepEqual(parse({ classMap }).classMap, classMap)
  t.is(parse({ classMap: 'map.yaml' }).classMap, 'map.yaml')
  const again = parse(JSON.parse(JSON.stringify(parse({ classMap }))))
  t.deepEqual(again.classMap, { '7': 0, '8': null, '9': 1, names: ['road', 'sky'] } as typeof again.classMap)
})

test('wrong values say what is expected', (t) => {
  const code = 'ERR_STEGO_OPTION'
  t.throws(() => parse({ dataset: 'coco' }), { code, message: /"dataset" must be .*"cocostuff27"/ })
  const expected = /"classMap" must be a YAML file or an object \{ id: class.*, or null/
  for (const classMap of [{ road: 1 }, {}, 7, []])
    t.throws(() => parse({ classMap }), { code, message: expected })
  for (const cropRatio of [0, 1, '0.5']) {
    t.throws(() => parse({ cropRatio }), { code, message: /"cropRatio" must be a number between 0 and 1/ })
  }
  t.throws(() => parse({ crops: 'four' }), { code, message: /"crops" must be "five" or "random" or null/ })
})

test('every field is a flag', (t) => {
  const names = flagsOf(schema).map(({ name }) => name)
  t.deepEqual(names, [
    'dataset',
    'class-map',
    'ignore-label',
    'recursive',
    'max-pixels',
    'on-bad-image',
    'bands',
    'range',
    'crops',
    'crop-ratio',
  ])
  const args = ['--dataset', 'potsdam', '--class-map', 'a.yaml', '--crops', 'random', '--crop-ratio', '.7']
  const values = { dataset: 'potsdam', classMap: 'a.yaml', crops: 'random', cropRatio: 0.7 }
  t.deepEqual(readFlags(schema, args, 'test').values, values)
})

test('bands, ranges and ids are lists, or text with commas as on a command line', (t) => {
  const listed = parse({ bands: [4, 3, 2], range: [0, 4095], ignoreLabel: 255 })
  const typed = parse({ bands: '4,3,2', range: '0,4095', ignoreLabel: '255' })
  t.deepEqual(listed, typed)
  t.deepEqual(listed.ignoreLabel, [255])
  const code = 'ERR_STEGO_OPTION'
  t.throws(() => parse({ bands: '4,3' }), { code, message: /"bands" must be three bands.*counted from 1/ })
  t.throws(() => parse({ range: [5, 1] }), { code, message: /"range" must be "auto", "type" or two numbers/ })
  t.throws(() => parse({ ignoreLabel: -1 }), { code, message: /"ignoreLabel" must be an id/ })
})
