/** From the option to what a backbone is loaded in. */
import { addon, type DType } from '../native.js'
import type { DTypeChoice } from '../options/dtype.js'

/** `auto` is decided by the processor's features, never by timing: the same machine gives the same bytes. */
export function resolveDType(choice: DTypeChoice): DType {
  if (choice !== 'auto') return choice
  return addon().hasBfloat16() ? 'bfloat16' : 'float32'
}
