/** Reads the descriptions in weight files of either kind. */
import { explaining } from './format-error.js'
import { RECOGNIZED_BYTES, recognize } from './other-files.js'
import { RandomAccessFile } from './random-access.js'
import { withFile } from './read-file.js'
import { hasHeaderLength, readSafetensors } from './safetensors.js'
import type { TensorFile } from './tensor-file.js'
import { isTorch, readTorch } from './torch.js'

/** Where the JSON of a .safetensors header begins. */
const JSON_BEGIN = 8
const BRACE = '{'.charCodeAt(0)

/**
 * Reads a .safetensors or PyTorch file, distinguished by their content; values of tensors are not read, and
 * nothing is executed. Rejects with `ERR_STEGO_DATA_MISSING` if the file does not exist, `ERR_STEGO_FILE` if
 * it cannot be read and `ERR_STEGO_CHECKPOINT` if it is damaged or of another kind, which is named.
 */
export function readTensorFile(path: string): Promise<TensorFile> {
  return withFile(path, 'weights', readEither)
}

/** The same from the bytes of a file; `name` is used in messages. */
export function decodeTensorFile(bytes: Buffer, name: string): Promise<TensorFile> {
  return explaining(name, 'weights', () => readEither(RandomAccessFile.of(bytes, name)))
}

async function readEither(file: RandomAccessFile): Promise<TensorFile> {
  const beginning = await file.read(0, Math.min(file.size, RECOGNIZED_BYTES))
  // A header of .safetensors may begin with any eight bytes, but a brace follows.
  const braced = beginning[JSON_BEGIN] === BRACE
  if (braced && hasHeaderLength(beginning)) return readSafetensors(file)
  const other = recognize(beginning, file.size)
  if (other) throw other
  return braced || !isTorch(beginning) ? readSafetensors(file) : readTorch(file)
}
