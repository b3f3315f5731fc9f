/** The recorded weight files, and PyTorch files made byte by byte. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Tensor } from '../../lib/native/index.js'

/** A file of test/weights/golden, which make.py there writes with PyTorch. */
export const golden = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url))

/** The bytes of every tensor of a .safetensors file, with its type and shape. */
export async function tensorBytes(file: string): Promise<Record<string, string>> {
  const bytes = await readFile(file)
  const length = Number(bytes.readBigUInt64LE(0))
  const { __metadata__: _, ...header } = JSON.parse(bytes.toString('utf8', 8, 8 + length))
  return Object.fromEntries(
    Object.entries(header as Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>).map(
      ([name, { dtype, shape, data_offsets }]) => {
        const [begin, end] = data_offsets.map((offset) => offset + 8 + length)
        return [name, `${dtype} [${shape}] ${bytes.toString('hex', begin, end)}`]
      },
    ),
  )
}

/** A legacy file whose object is this pickle, without storages: `P` is what follows PROTO 2. */
export function legacy(...pickle: (string | number[] | Buffer)[]): Buffer {
  const parts = [
    [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
    '.',
    [0x80, 2],
    'M',
    [0xe9, 0x03],
    '.',
    [0x80, 2],
    '}',
    text('little_endian'),
    [0x88],
    's.',
    [0x80, 2],
    ...pickle,
    '.',
    [0x80, 2],
    '].',
  ]
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  )
}

/** BINUNICODE */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([Buffer.from('X'), length, bytes])
}

/** BININT */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write('J')
  bytes.writeInt32LE(value, 1)
  return bytes
}

/** The normalized input [1, 3, 56, 56] of make.py. */
export function testImage(): Tensor {
  const data = Float32Array.from({ length: 3 * 56 * 56 }, (_, i) => Math.fround(((i * 37) % 101) / 50) - 1)
  return { data, shape: [1, 3, 56, 56] }
}

/** The picture of make.py, 56 x 56. */
export function testPicture() {
  const data = Uint8Array.from({ length: 56 * 56 * 3 }, (_, i) => (i * 37) % 251)
  return { data, width: 56, height: 56, channels: 3 as const }
}

/** Features [1, 1 + h*w, C] without the class token as [1, C, h, w]. */
export function toMap({ data, shape }: Tensor, height: number, width: number): Tensor {
  const channels = shape[2]!
  const map = new Float32Array(channels * height * width)
  for (let position = 0; position < height * width; position++) {
    for (let channel = 0; channel < channels; channel++) {
      map[channel * height * width + position] = data[(position + 1) * channels + channel]!
    }
  }
  return { data: map, shape: [1, channels, height, width] }
}

/** The largest difference of two tensors of one shape. */
export function difference(a: Tensor, b: Tensor): number {
  if (String(a.shape) !== String(b.shape)) return Number.POSITIVE_INFINITY
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b.data[i]!)), 0)
}
