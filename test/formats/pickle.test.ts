/** Pickles made by hand: what cannot be is refused, what is odd is read. */
import test from 'ava'
import { decodeTensorFile } from '../../lib/formats/read-tensor-file.js'
import { integer, legacy, text } from '../weights/fixtures.js'

const code = 'ERR_STEGO_CHECKPOINT'
const read = (bytes: Buffer) => decodeTensorFile(bytes, 'made.pth')

/** A tensor's making as PyTorch pickles it, on a storage that need not exist. */
const rebuilt = (offset: number, shape: number[], strides: number[]) => [
  'ctorch._utils\n_rebuild_tensor_v2\n(',
  '(',
  text('storage'),
  'ctorch\nFloatStorage\n',
  text('0'),
  text('cpu'),
  integer(1),
  'tQ',
  integer(offset),
  '(',
  ...shape.map(integer),
  't(',
  ...strides.map(integer),
  't',
  [0x89],
  '}tR',
]

const REFUSED: Record<string, Buffer> = {
  'an empty stack': legacy(''),
  'a memo that was never filled': legacy('h', [9]),
  'a mark that was never set': legacy('t'),
  'a list that is none': legacy('N', 'K', [1], 'a'),
  'a dictionary that is none': legacy(']', 'NNs'),
  'a key without a value': legacy('}(NNNu'),
  'values of somebody else': legacy('N(', [0x86]),
  'a text of 4 GiB': legacy('X', [0xff, 0xff, 0xff, 0xff]),
  'a text of 2^63 bytes': legacy([0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80]),
  'an integer of 2 GiB': legacy([0x8b, 0xff, 0xff, 0xff, 0x7f]),
  'the extension registry': legacy([0x82, 1]),
  'a buffer outside of the pickle': legacy([0x97]),
  'an unknown operation': legacy([0xff]),
  'an unknown protocol': legacy([0x80, 6], 'N'),
  'a line without an end': legacy('I', '1'.repeat(10_000)),
  'a number that is none': legacy('Itwo\n'),
  'a fraction that is none': legacy('F0x10\n'),
  'a class without a name': legacy('NN', [0x93]),
  'an object without a class': legacy('(o'),
  'a text without quotes': legacy('Sx\n'),
  'a tensor of negative size': legacy(...rebuilt(0, [-1], [1])),
  'a tensor of negative offset': legacy(...rebuilt(-1, [1], [1])),
  'a tensor of more axes than strides': legacy(...rebuilt(0, [1, 1], [1])),
  'a tensor of more axes than PyTorch has': legacy(...rebuilt(0, Array(33).fill(1), Array(33).fill(1))),
  'a tensor of 2^93 values': legacy(...rebuilt(0, [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], [0, 0, 0])),
  'a tensor of nothing': legacy('ctorch._utils\n_rebuild_tensor_v2\n)R'),
  'two tensors of one name': legacy(
    '}',
    '(',
    text('a.b'),
    ...rebuilt(0, [0], [1]),
    text('a'),
    '}',
    text('b'),
    ...rebuilt(0, [0], [1]),
    'su',
  ),
  'lists nested too deeply': legacy(']'.repeat(100), 'a'.repeat(99)),
  'lists nested very deeply': legacy(']'.repeat(100_000), 'a'.repeat(99_999)),
  'a million million lists': legacy(']q\x00', ...Array(40).fill(']h\x00ah\x00aq\x00')),
  'many objects with one large state': legacy(
    ...['}q\x00(', ...Array.from({ length: 20_000 }, (_, i) => [text(`k${i}`), 'N']).flat(), 'u0'],
    ...['](', 'comegaconf.nodes\nAnyNode\n)\x81h\x00b'.repeat(20_000), 'e'],
  ),
  'many more values than bytes': legacy(
    `](${'N'.repeat(5000)}eq\x00`,
    'cbuiltins\ndict\nh\x00\x85R'.repeat(1000),
  ),
}

for (const [what, bytes] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, async (t) => {
    await t.throwsAsync(read(bytes), { code, message: /made\.pth/ })
  })
}

/** A circle through the key of a dictionary, as deep as wanted. */
const circularKey = legacy('}q\x00h\x00', [0x85], 'K\x01s')

const READ: Record<string, [Buffer, unknown]> = {
  'a list that holds itself': [legacy(']q\x00h\x00a'), ['...']],
  'a dictionary that holds itself': [legacy('}q\x00', text('me'), 'h\x00s'), { me: '...' }],
  'a dictionary in its own key': [circularKey, { '["..."]': 1 }],
  'an object in its own key': [
    legacy('cm\nC\n)\x81q\x00}h\x00\x85K\x01sb'),
    { __class__: 'm.C', '[{"__class__":"m.C"}]': 1 },
  ],
  'a key of very many levels': [
    legacy('}', ')\x85'.repeat(1), '\x85'.repeat(100_000), 'K\x01s'),
    { '[[[[[[[[["..."]]]]]]]]]': 1 },
  ],
  'a key of very many values': [
    legacy('}(', 'K\x07'.repeat(1000), 'tK\x01s'),
    { [`[${'7,'.repeat(127)}"..."]`]: 1 },
  ],
  'names of JavaScript': [
    legacy('}', text('__proto__'), '}', text('polluted'), [0x88], 'ss', text('constructor'), 'K\x01s'),
    JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
  ],
  'protocol 0': [
    legacy('(dp0\nVa\np1\nI01\nsVb\nL12L\nsVc\nF0.5\nsS"d"\nN', 's'),
    { a: true, b: 12, c: 0.5, d: null },
  ],
  'numbers beyond those of JavaScript': [
    legacy(
      '](L9007199254740993L\n',
      [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80],
      'F-inf\n',
      'Fnan\n',
      [0x8a, 0],
      'e',
    ),
    ['9007199254740993', '-9223372036854775808', '-Infinity', 'NaN', 0],
  ],
  'an object of an old class': [
    legacy('(imodule\nOld\n}', text('x'), 'K\x01sb'),
    { __class__: 'module.Old', x: 1 },
  ],
  'values that were thrown away': [legacy('N0(NN1(0K\x05'), 5],
}

for (const [what, [bytes, expected]] of Object.entries(READ)) {
  test(`read: ${what}`, async (t) => {
    const { values, tensors } = await read(bytes)
    t.deepEqual(tensors, [])
    t.deepEqual(values, expected)
    t.false('polluted' in {})
  })
}

test('a deep list without tensors', async (t) => {
  const { values, tensors } = await read(legacy(']'.repeat(60), 'a'.repeat(59)))
  t.deepEqual(tensors, [])
  t.is(JSON.stringify(values), `${'['.repeat(48)}"..."${']'.repeat(48)}`)
})

test('a tensor without a storage is listed with its problem', async (t) => {
  const { tensors } = await read(legacy(...rebuilt(0, [1], [1])))
  t.is(tensors[0]!.problem, 'its storage is missing')
})

test('keys of long texts, many times over, are cut', async (t) => {
  const long = text('x'.repeat(60_000))
  const { values } = await read(
    legacy('}', long, 'q\x000', '('.repeat(2), 'h\x00'.repeat(5000), 't', 't', 'K\x01s'),
  )
  t.deepEqual(values, { [`[["${'x'.repeat(250)}..."]]`]: 1 })
})

test('values beyond all measure are cut', async (t) => {
  const { values } = await read(
    legacy('](', ...Array.from({ length: 200 }, () => text('é'.repeat(40_000))), 'e'),
  )
  t.true(JSON.stringify(values).length < 5 * 2 ** 20)
  t.is((values as string[]).at(-1), '...')
  const shared = await read(legacy('](', text('x'.repeat(60_000)), 'q\x00', 'h\x00'.repeat(10_000), 'e'))
  t.true(JSON.stringify(shared.values).length < 5 * 2 ** 20)
  const named = await read(legacy('}(', text('x'.repeat(60_000)), 'q\x00N', 'h\x00N'.repeat(10_000), 'u'))
  t.true(JSON.stringify(named.values).length < 5 * 2 ** 20)
})
