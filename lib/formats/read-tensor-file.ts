/** Reads what weight files of either kind describe. */
import { explaining } from './format-error.js'
import { RandomAccessFile } from './random-access.js'
import { withFile } from './read-file.js'
import { readSafetensors } from './safetensors.js'
import type { TensorFile } from './tensor-file.js'
import { isTorch, readTorch } from './torch.js'

/** Where the JSON of a .safetensors header begins. */
const JSON_BEGIN = 8
const BRACE = '{'.charCodeAt(0)

/**
 * Reads a .safetensors or PyTorch file, told apart by their content; values of tensors are not read, and nothing is
 * executed. Rejects with `ERR_STEGO_DATA_MISSING` where there is no file, `ERR_STEGO_FILE` where it cannot be read and
 * `ERR_STEGO_CHECKPOINT` where it is damaged or of another kind.
 */
export function readTensorFile(path: string): Promise<TensorFile> {
  return withFile(path, 'weights', readEither)
}

/** The same from the bytes of a file; `name` is what messages call it. */
export function decodeTensorFile(bytes: Buffer, name: string): Promise<TensorFile> {
  return explaining(name, 'weights', () => readEither(RandomAccessFile.of(bytes, name)))
}

async function readEither(file: RandomAccessFile): Promise<TensorFile> {
  const beginning = await file.read(0, Math.min(file.size, JSON_BEGIN + 1))
  // A header of .safetensors may begin with any eight bytes, but then comes a brace.
  const isSafetensors = beginning[JSON_BEGIN] === BRACE || !isTorch(beginning)
  return isSafetensors ? readSafetensors(file) : readTorch(file)
}
