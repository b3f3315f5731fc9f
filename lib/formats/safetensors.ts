/**
 * The safetensors format: the length of the header (8 bytes, little-endian), a JSON header with type, shape
 * and byte range of every tensor, then their bytes without gaps. https://huggingface.co/docs/safetensors
 */
import { FormatError } from './format-error.js'
import { parseHeader } from './json-header.js'
import type { RandomAccessFile } from './random-access.js'
import { contiguousStrides, ELEMENT_BYTES, type StoredTensor, type TensorFile } from './tensor-file.js'

const LENGTH_BYTES = 8
const MAX_HEADER_BYTES = 100 * 2 ** 20
const MAX_SIDE = 2 ** 48
const METADATA = '__metadata__'

/** Whether a file that starts with these bytes gives a possible length of a header. */
export const hasHeaderLength = (beginning: Buffer): boolean =>
  beginning.length >= LENGTH_BYTES && beginning.readBigUInt64LE() <= MAX_HEADER_BYTES

/**
 * Reads and checks the header: lengths, known types, byte ranges without gaps or overlaps. Tensors are in the
 * order of their bytes. Rejects with `FormatError`.
 */
export async function readSafetensors(file: RandomAccessFile): Promise<TensorFile> {
  if (file.size < LENGTH_BYTES) throw new FormatError(`it has only ${file.size} bytes`)
  const length = Number((await file.read(0, LENGTH_BYTES)).readBigUInt64LE())
  const start = LENGTH_BYTES + length
  if (length > MAX_HEADER_BYTES) throw new FormatError('its header is longer than any, and than the file')
  if (start > file.size) {
    throw new FormatError(
      `it ends early: its header is longer than the file, of which at least ${start - file.size} bytes are missing`,
    )
  }
  const header = parseHeader(await file.read(LENGTH_BYTES, length))
  if (!isObject(header)) throw new FormatError('its header is not an object')
  const tensors: StoredTensor[] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = readMetadata(value)
    else tensors.push(readEntry(file.path, name, value, start))
  }
  tensors.sort((a, b) => a.offset - b.offset || a.extent - b.extent || (a.name < b.name ? -1 : 1))
  let end = start
  for (const { name, offset, extent } of tensors) {
    if (offset !== end) throw new FormatError(`the bytes of tensor '${name}' overlap or leave a gap`)
    end += extent
  }
  if (end > file.size) {
    throw new FormatError(`it ends early: ${end - file.size} of ${end} bytes are missing`)
  }
  if (end < file.size) {
    throw new FormatError(
      `its length does not match its header: ${file.size - end} bytes follow the last tensor`,
    )
  }
  return { path: file.path, format: 'safetensors', metadata, values: null, tensors, bytes: file.size }
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) throw new FormatError('its metadata is not an object')
  for (const [key, content] of Object.entries(value)) {
    if (typeof content !== 'string') throw new FormatError(`its metadata '${key}' is not a string`)
  }
  return value as Record<string, string>
}

function readEntry(file: string, name: string, value: unknown, start: number): StoredTensor {
  const member = (key: string): unknown => {
    if (!isObject(value) || !Object.hasOwn(value, key)) {
      throw new FormatError(`tensor '${name}' has no ${key}`)
    }
    return value[key]
  }
  const dtype = member('dtype')
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    throw new FormatError(`tensor '${name}' has an unknown dtype`)
  }
  const shape = wholeNumbers(member('shape'))
  const places = wholeNumbers(member('data_offsets'))
  if (!shape || places?.length !== 2 || shape.some((side) => side > MAX_SIDE)) {
    throw new FormatError(`tensor '${name}' has a malformed shape or data_offsets`)
  }
  const [begin, end] = places as [number, number]
  let extent = ELEMENT_BYTES[dtype]!
  for (const side of shape) {
    extent *= side
    if (extent > Number.MAX_SAFE_INTEGER) throw new FormatError(`tensor '${name}' is too large`)
  }
  if (extent !== end - begin) {
    throw new FormatError(`the byte range of tensor '${name}' does not fit its shape`)
  }
  return {
    name,
    dtype,
    shape,
    strides: contiguousStrides(shape),
    file,
    offset: start + begin,
    extent,
    problem: null,
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null for anything but an array of whole numbers. */
function wholeNumbers(value: unknown): number[] | null {
  return Array.isArray(value) && value.every((number) => Number.isSafeInteger(number)) ? value : null
}
