import { join } from 'node:path'
import test from 'ava'
import { starterWeights } from '../../lib/weights/starter.js'
import { installed } from '../native/loading/installation.js'

const FILE = 'starter-vit-tiny8.safetensors'

test('the starter weights of a checkout are in weights/', (t) => {
  t.true(starterWeights().endsWith(join('weights', FILE)))
})

test('the starter weights of an installation are found by resolution, nested or not', (t) => {
  const files = { 'package.json': { name: '@stego/starter', version: '1.2.3' }, [FILE]: '' }
  for (const place of ['@stego/starter', 'stego/node_modules/@stego/starter']) {
    const below = Object.entries(files).map(([name, content]) => [`${place}/${name}`, content])
    const folder = installed(t, Object.fromEntries(below))
    t.is(starterWeights(folder), join(folder, '..', place, FILE))
  }
})

test('without the package the error names it', (t) => {
  const error = t.throws(() => starterWeights(installed(t)), { name: 'StegoError' })
  t.regex(error.message, /@stego\/starter/)
})
