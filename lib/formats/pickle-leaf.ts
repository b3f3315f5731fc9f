/** Values of pickles that contain no others, as JSON values. */
import type { PickleValue } from './pickle-value.js'

/** Replaces what is left out. */
export const MORE = '...'
const MAX_TEXT = 2 ** 16
const MAX_BYTES_SHOWN = 64

/** A value that contains no others. */
export type PickleLeaf = Exclude<PickleValue, { kind: 'list' | 'dict' | 'object' | 'persistent' }>

/** A leaf as a JSON value: numbers that JSON cannot hold are text, bytes are hexadecimal. */
export function plainLeaf(value: PickleLeaf): unknown {
  switch (value.kind) {
    case 'none':
      return null
    case 'boolean':
    case 'integer':
      return value.value
    case 'real':
      return Number.isFinite(value.value) ? value.value : String(value.value)
    case 'big':
    case 'text':
      return cutText(value.text)
    case 'global':
      return { __global__: cutText(value.name) }
    case 'bytes': {
      const shown = value.bytes.toString('hex', 0, MAX_BYTES_SHOWN)
      return { __bytes__: value.bytes.length > MAX_BYTES_SHOWN ? shown + MORE : shown }
    }
  }
}

/** Text of bounded length. */
export const cutText = (text: string): string =>
  text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) + MORE : text
