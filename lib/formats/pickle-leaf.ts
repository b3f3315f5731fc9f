/** Values of pickles that hold no others, as JSON has them. */
import type { PickleValue } from './pickle-value.js'

/** What stands for what is left out. */
export const MORE = '...'
const MAX_TEXT = 2 ** 16
const MAX_BYTES_SHOWN = 64

/** A value that holds no others. */
export type PickleLeaf = Exclude<PickleValue, { kind: 'list' | 'dict' | 'object' | 'persistent' }>

/** A leaf as JSON has it: numbers that it does not have are text, bytes are hexadecimal. */
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
