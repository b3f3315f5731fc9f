/** Reads the golden tensors of the official implementation: safetensors, small integers and floats only. */
import { readFileSync } from 'node:fs'

const FOLDER = new URL('../golden/stego/', import.meta.url)

export interface GoldenTensor {
  shape: number[]
  values: number[]
}

/** All tensors of one golden file by name. */
export function readGolden(name: string): Record<string, GoldenTensor> {
  const file = readFileSync(new URL(`${name}.safetensors`, FOLDER))
  const start = 8 + Number(file.readBigUInt64LE(0))
  const { __metadata__: _, ...header } = JSON.parse(file.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  return Object.fromEntries(
    Object.entries(header).map(([key, { dtype, shape, data_offsets }]) => {
      const bytes = file.subarray(start + data_offsets[0], start + data_offsets[1])
      return [key, { shape, values: toNumbers(dtype, bytes) }]
    }),
  )
}

function toNumbers(dtype: string, bytes: Buffer): number[] {
  const { buffer } = new Uint8Array(bytes)
  if (dtype === 'U8') return [...new Uint8Array(buffer)]
  if (dtype === 'I64') return [...new BigInt64Array(buffer)].map(Number)
  if (dtype === 'F32') return [...new Float32Array(buffer)]
  if (dtype === 'F64') return [...new Float64Array(buffer)]
  throw new Error(`golden tensors of type ${dtype} are not read here`)
}
