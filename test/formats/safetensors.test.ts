/** Headers of .safetensors files, right and wrong ones. */
import test from 'ava'
import { decodeTensorFile, readTensorFile } from '../../lib/formats/read-tensor-file.js'
import { tensorsToRead } from '../../lib/formats/tensor-file.js'
import { golden, tensorBytes } from '../weights/fixtures.js'
import { storedBytes } from './stored-values.js'

const code = 'ERR_STEGO_CHECKPOINT'

/** A file of this header, as text or bytes, with so many bytes of data. */
function file(header: string | Buffer, data = 0): Buffer {
  const bytes = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return Buffer.concat([length, bytes, Buffer.alloc(data, 7)])
}

const tensor = (begin: number, end: number, shape: unknown = [end - begin], dtype: unknown = 'U8') =>
  `{"dtype":${JSON.stringify(dtype)},"shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`

const read = (header: string | Buffer, data = 0) => decodeTensorFile(file(header, data), 'made.safetensors')

test('values lie where their places say', async (t) => {
  const { tensors, format, values } = await readTensorFile(golden('tensors.safetensors'))
  t.is(format, 'safetensors')
  t.is(values, null)
  const found: Record<string, string> = {}
  for (const entry of tensors) found[entry.name] = await storedBytes(entry)
  t.deepEqual(found, await tensorBytes(golden('tensors.safetensors')))
})

test('tensors in the order of their bytes, metadata and extra members', async (t) => {
  const header = `{"b":${tensor(2, 4)},"__metadata__":{"x":"\\u00fc","__proto__":"y"},"a":${tensor(0, 2, [2, 1])},"e":${tensor(4, 4, [0, 3])}}`
  const { tensors, metadata, bytes } = await read(header, 4)
  t.deepEqual(
    tensors.map(({ name, strides }) => [name, strides]),
    [
      ['a', [1, 1]],
      ['b', [1]],
      ['e', [3, 1]],
    ],
  )
  t.deepEqual(Object.entries(metadata), [
    ['x', 'ü'],
    ['__proto__', 'y'],
  ])
  t.is(tensors[1]!.offset, bytes - 2)
  t.deepEqual((await read('{}')).tensors, [])
  t.deepEqual(
    (await read(' {"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"more":[{}]}} ', 1)).tensors[0]!.shape,
    [],
  )
})

test('a file that begins like a pickle is still one', async (t) => {
  const { tensors, format } = await read(`{"a":${tensor(0, 1)}}`.padEnd(0x80), 1)
  t.is(format, 'safetensors')
  t.is(tensors.length, 1)
})

test('a tensor named like a part of JavaScript', async (t) => {
  const made = await read(`{"__proto__":${tensor(0, 1)},"constructor":${tensor(1, 2)}}`, 2)
  t.deepEqual(
    tensorsToRead(made, ['constructor', '__proto__']).map(({ extent }) => extent),
    [1, 1],
  )
  t.throws(() => tensorsToRead(made, ['toString']), { code, message: /'toString' in made\.safetensors/ })
})

const REFUSED: Record<string, [header: string | Buffer, data: number, reason: RegExp]> = {
  'no JSON': ['{"a"', 0, /not JSON/],
  'a string without an end': ['{"a', 0, /not JSON/],
  'an escape without an end': ['{"a\\', 0, /not JSON/],
  'nothing of JSON': ['nothing', 0, /not an object, array/],
  'very many values': [`{"a":[${'[],'.repeat(2 ** 21)}[]]}`, 0, /more than 4194304 values/],
  'text after the end': ['{}{}', 0, /not JSON/],
  'bytes that are no UTF-8': [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x30, 0x7d]), 0, /not JSON/],
  'half a surrogate pair': ['{"__metadata__":{"a":"\\ud800"}}', 0, /surrogate/],
  'an array': ['[]', 0, /not an object/],
  'a number': ['7', 0, /not an object/],
  'a name that occurs twice': [`{"a":${tensor(0, 1)},"\\u0061":${tensor(0, 1)}}`, 1, /'a' twice/],
  'metadata that occurs twice': ['{"__metadata__":{"a":"1","a":"2"}}', 0, /'a' twice/],
  'a fraction': ['{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1, /not an object, array/],
  'a negative number': ['{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1, /not an object, array/],
  'a truth value': ['{"a":true}', 0, /not an object, array/],
  'nothing at all': ['{"__metadata__":null}', 0, /not an object, array/],
  'deep nesting': [`{"a":${'['.repeat(10_000_000)}`, 0, /nested/],
  'metadata that is text': ['{"__metadata__":"a"}', 0, /metadata is not an object/],
  'metadata of numbers': ['{"__metadata__":{"a":1}}', 0, /'a' is not a string/],
  'no dtype': ['{"a":{}}', 0, /'a' has no dtype/],
  'no entry': ['{"a":"b"}', 0, /'a' has no dtype/],
  'an unknown dtype': [`{"a":${tensor(0, 1, [1], 'F8_E4M3')}}`, 1, /unknown dtype/],
  'a dtype of JavaScript': [`{"a":${tensor(0, 1, [1], 'constructor')}}`, 1, /unknown dtype/],
  'a shape that is none': [`{"a":${tensor(0, 1, 'x')}}`, 1, /malformed shape/],
  'a side of 2^49': [`{"a":${tensor(0, 1, [2 ** 49])}}`, 1, /malformed shape/],
  'a tensor of 2^80 bytes': [`{"a":${tensor(0, 1, [2 ** 40, 2 ** 40])}}`, 1, /too large/],
  'three offsets': ['{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 1, /malformed shape/],
  'a range that does not fit': [`{"a":${tensor(0, 2, [1])}}`, 2, /does not fit its shape/],
  'a range that runs backward': [`{"a":${tensor(2, 1, [1])}}`, 2, /does not fit its shape/],
  'a gap': [`{"a":${tensor(0, 1)},"b":${tensor(2, 3)}}`, 3, /'b' overlap or leave a gap/],
  'an overlap': [`{"a":${tensor(0, 2)},"b":${tensor(1, 3)}}`, 3, /'b' overlap or leave a gap/],
  'bytes that nothing describes': [`{"a":${tensor(0, 1)}}`, 2, /does not match/],
  'bytes that are missing': [`{"a":${tensor(0, 2)}}`, 1, /ends early: 1 of \d+ bytes are missing/],
}

for (const [what, [header, data, reason]] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, async (t) => {
    const error = await t.throwsAsync(read(header, data), { code, message: reason })
    t.regex(
      error.message,
      /^Expected a weight file .* but made\.safetensors .* Download or write it again\.$/,
    )
  })
}

test('headers longer than the file, or than any header', async (t) => {
  const claims = (length: bigint, bytes: number) => {
    const content = Buffer.alloc(bytes, ' ')
    content.writeBigUInt64LE(length)
    content.write('{', 8)
    return decodeTensorFile(content, 'made.safetensors')
  }
  const message = /made\.safetensors.*header is longer/
  for (const length of [93n, 2n ** 53n, 2n ** 64n - 1n])
    await t.throwsAsync(claims(length, 100), { code, message })
  await t.throwsAsync(decodeTensorFile(Buffer.from('1234567'), 'made.safetensors'), {
    code,
    message: /7 bytes/,
  })
})
