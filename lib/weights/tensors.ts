/** Reads and writes tensors of weight files through the addon. */
import { StegoError } from '../errors.js'
import {
  type StoredTensor,
  type TensorEntry,
  type TensorFile,
  tensorsToRead,
} from '../formats/tensor-file.js'
import { encodeHeader } from '../formats/write-safetensors.js'
import { job } from '../native/index.js'
import { writeWhole } from '../write-whole.js'

/** Tensors to read from a file, by output name. Several are joined along their first axis. */
export type NameMap = Record<string, string | string[]>

/**
 * Locates the tensors in a name map, or all tensors of a file. Throws `ERR_STEGO_CHECKPOINT` as `tensorsToRead` does,
 * and if parts to join differ in type or in their axes after the first.
 */
export function storedTensors(file: TensorFile, names?: NameMap | null): Record<string, StoredTensor[]> {
  const map = names ?? Object.fromEntries(file.tensors.map(({ name }) => [name, name]))
  const wanted = Object.entries(map).map(([name, parts]) => [name, [parts].flat()] as const)
  const chosen = tensorsToRead(
    file,
    wanted.flatMap(([, parts]) => parts),
  )
  const byName = new Map(chosen.map((tensor) => [tensor.name, tensor]))
  return Object.fromEntries(
    wanted.map(([name, parts]) => {
      const stored = parts.map((part) => byName.get(part)!)
      checkParts(file.path, name, stored)
      return [name, stored]
    }),
  )
}

function checkParts(path: string, name: string, [first, ...others]: StoredTensor[]): void {
  const width = (shape: number[]) => String(shape.slice(1))
  const other = others.find(
    ({ dtype, shape }) =>
      shape.length === 0 ||
      shape.length !== first!.shape.length ||
      dtype !== first!.dtype ||
      width(shape) !== width(first!.shape),
  )
  if (!other) return
  throw new StegoError(
    'ERR_STEGO_CHECKPOINT',
    `Expected the tensors of ${path} that form '${name}' to have the same type and width, but '${other.name}' differs ` +
      `from '${first!.name}'. Use a file in which they match.`,
  )
}

/** A native object with tensors to write. */
export interface TensorSource {
  tensors(): Promise<TensorEntry[]>
  write(path: string, header: Uint8Array): Promise<void>
}

/** Writes the tensors of a native object to a .safetensors file atomically. Throws `ERR_STEGO_FILE`. */
export async function saveTensors(
  source: TensorSource,
  path: string,
  metadata: Record<string, string>,
): Promise<void> {
  const header = encodeHeader(await job(() => source.tensors()), metadata)
  await writeWhole(path, (temporary) => job(() => source.write(temporary, header)))
}
