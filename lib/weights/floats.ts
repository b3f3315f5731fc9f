/** Floating-point values in files: decoding, and a search for those that are not finite. */
import type { RandomAccessFile } from '../formats/random-access.js'
import { withFile } from '../formats/read-file.js'
import { isContiguous, readContiguous } from '../formats/read-values.js'
import { ELEMENT_BYTES, type StoredTensor } from '../formats/tensor-file.js'

const CHUNK_BYTES = 2 ** 22

/** Decodes values of type F64, F32, F16 or BF16. */
export function decodeFloats(bytes: Buffer, dtype: string): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const width = ELEMENT_BYTES[dtype]!
  const read = DECODERS[dtype]!
  return Float64Array.from({ length: bytes.length / width }, (_, i) => read(view, i * width))
}

const DECODERS: Record<string, (view: DataView, at: number) => number> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => half(view.getUint16(at, true)),
  BF16: (view, at) => brain(view.getUint16(at, true)),
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const scratch = new DataView(new ArrayBuffer(4))

function brain(bits: number): number {
  scratch.setUint32(0, bits << 16)
  return scratch.getFloat32(0)
}

/** A tensor with a value that is not finite as float32. */
export interface NotFinite {
  name: string
  value: 'NaN' | 'an infinite value'
}

/** Values of one type that lie side by side in a file. */
interface Run {
  file: string
  dtype: string
  begin: number
  end: number
  tensors: StoredTensor[]
}

/**
 * Finds a tensor with a value that is not finite as float32; null if there is none. Files are read in pieces.
 * Rejects as `withFile` does.
 */
export async function findNotFinite(
  tensors: StoredTensor[],
  signal?: AbortSignal,
): Promise<NotFinite | null> {
  const runs = runsOf(tensors)
  for (const path of new Set(runs.map(({ file }) => file))) {
    const found = await withFile(path, 'weights', async (file) => {
      for (const run of runs.filter((candidate) => candidate.file === path)) {
        const value = await searchRun(file, run, signal)
        if (value) return value
      }
      return null
    })
    if (found) return found
  }
  return null
}

function runsOf(tensors: StoredTensor[]): Run[] {
  const runs: Run[] = []
  const inOrder = tensors.toSorted((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset,
  )
  for (const tensor of inOrder) {
    const { file, dtype, offset, extent } = tensor
    const last = runs.at(-1)
    if (
      last &&
      last.file === file &&
      last.dtype === dtype &&
      last.end === offset &&
      isPlain(last.tensors[0]!, tensor)
    ) {
      last.end += extent
      last.tensors.push(tensor)
    } else {
      runs.push({ file, dtype, begin: offset, end: offset + extent, tensors: [tensor] })
    }
  }
  return runs
}

const isPlain = (...tensors: StoredTensor[]) =>
  tensors.every(({ shape, strides }) => isContiguous(shape, strides))

async function searchRun(file: RandomAccessFile, run: Run, signal?: AbortSignal): Promise<NotFinite | null> {
  const { dtype, begin, end, tensors } = run
  if (!isPlain(tensors[0]!)) {
    const found = search(await readContiguous(file, tensors[0]!), dtype)
    return found && { name: tensors[0]!.name, value: found.value }
  }
  for (let at = begin; at < end; at += CHUNK_BYTES) {
    signal?.throwIfAborted()
    const found = search(await file.read(at, Math.min(CHUNK_BYTES, end - at)), dtype)
    if (!found) continue
    const tensor = tensors.findLast(({ offset }) => offset <= at + found.offset)!
    return { name: tensor.name, value: found.value }
  }
  return null
}

const WORD = 4

/** Finds the word of 32 bits with a value whose exponent is too large; -1 if there is none. */
type Search = (words: Uint32Array) => number

const halves =
  (low: number): Search =>
  (words) => {
    const high = low << 16
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!
      if ((word & low) === low || (word & high) === high) return i
    }
    return -1
  }

const SEARCHES: Record<string, Search> = {
  F16: halves(0x7c00),
  BF16: halves(0x7f80),
  F32: (words) => {
    for (let i = 0; i < words.length; i++) if ((words[i]! & 0x7f800000) === 0x7f800000) return i
    return -1
  },
  // The high half of each; the exponents of float32 end at 127.
  F64: (words) => {
    for (let i = 1; i < words.length; i += 2) if ((words[i]! & 0x7ff00000) >= (1023 + 128) << 20) return i - 1
    return -1
  },
}

function search(bytes: Buffer, dtype: string): { offset: number; value: NotFinite['value'] } | null {
  // A view needs whole, aligned words.
  const isAligned = bytes.byteOffset % WORD === 0 && bytes.length % WORD === 0
  const whole = isAligned ? bytes : Buffer.alloc(Math.ceil(bytes.length / WORD) * WORD)
  if (!isAligned) bytes.copy(whole)
  const words = new Uint32Array(whole.buffer as ArrayBuffer, whole.byteOffset, whole.length / WORD)
  const word = SEARCHES[dtype]!(words)
  if (word < 0) return null
  const width = ELEMENT_BYTES[dtype]!
  const values = decodeFloats(whole.subarray(word * WORD, word * WORD + Math.max(WORD, width)), dtype)
  const index = values.findIndex((value) => !Number.isFinite(Math.fround(value)))
  const value = Number.isNaN(values[index]) ? 'NaN' : 'an infinite value'
  return { offset: word * WORD + index * width, value }
}
