import { join } from 'node:path'
import test from 'ava'
import { readClassMap } from '../../lib/datasets/labels.js'
import type { ClassMap } from '../../lib/datasets/options.js'
import { fails, tree } from './tree.js'

test('ids not named, and those named null, are void', async (t) => {
  const { table, classes, names } = await readClassMap({ 7: 0, 8: 2, 9: null, 255: 1 })
  t.deepEqual(
    [...table.entries()].filter(([, value]) => value !== 255),
    [
      [7, 0],
      [8, 2],
      [255, 1],
    ],
  )
  t.deepEqual([table.length, classes, names], [256, 3, null])
})

test('a YAML file says the same', async (t) => {
  const text = '# street\n7: 0\n8: 0\n11: 1\n0: null\nnames: [road, building, sky]\n'
  const root = await tree(t, { 'map.yaml': text })
  const { table, classes, names } = await readClassMap(join(root, 'map.yaml'))
  t.deepEqual([table[7], table[8], table[11], table[0], table[12]], [0, 0, 1, 255, 255])
  t.deepEqual([classes, names], [3, ['road', 'building', 'sky']])
})

test('malformed maps say what is expected', async (t) => {
  const cases: [unknown, RegExp][] = [
    [[0, 1], /a map { id: class }/],
    [{ road: 1 }, /ids from 0 to 4294967295, got "road"/],
    [{ 4294967296: 1 }, /ids from 0 to 4294967295, got "4294967296"/],
    [{ '01': 1 }, /got "01"/],
    [{ 1: 255 }, /for id 1 a class from 0 to 254, or null for void, got 255/],
    [{ 1: 0.5 }, /got 0\.5/],
    [{ 1: 'road' }, /got "road"/],
    [{ 1: null }, /at least one id with a class/],
    [{ 1: 2, names: ['a'] }, /names for the classes 0 to 2, got 1/],
    [{ 1: 0, names: [7] }, /names to be a list of strings/],
  ]
  for (const [map, message] of cases) {
    await fails(t, readClassMap(map as ClassMap), 'ERR_STEGO_OPTION', message, /id: class/)
  }
})

test('files that are missing, no YAML, or no map', async (t) => {
  const root = await tree(t, {
    'broken.yaml': '{ 1: 2',
    'list.yaml': '- 1\n- 2\n',
    'twice.yaml': '1: 2\n1: 3\n',
  })
  const read = (name: string) => readClassMap(join(root, name))
  await fails(t, read('no.yaml'), 'ERR_STEGO_DATA_MISSING', /no\.yaml does not exist/)
  await fails(t, readClassMap(root), 'ERR_STEGO_FILE', /cannot be read \(EISDIR\)/)
  await fails(t, read('broken.yaml'), 'ERR_STEGO_OPTION', /broken\.yaml is not valid YAML/)
  await fails(t, read('twice.yaml'), 'ERR_STEGO_OPTION', /twice\.yaml is not valid YAML/)
  await fails(t, read('list.yaml'), 'ERR_STEGO_OPTION', /in .*list\.yaml is invalid: expected a map/)
})
