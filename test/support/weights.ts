/** Weight files in tests: their tensors as arrays. */
import { readTensorFile } from '../../lib/formats/read-tensor-file.js'
import { writeSafetensors } from '../../lib/formats/write-safetensors.js'
import {
  job,
  type NativeNetwork,
  type NativeTrainer,
  type Tensor,
  type TensorData,
} from '../../lib/native/index.js'
import { type NameMap, saveTensors, storedTensors } from '../../lib/weights/tensors.js'

/** All tensors of a file, or those of `names`. */
export async function readTensors(
  path: string,
  names?: NameMap,
): Promise<Record<string, Tensor<TensorData>>> {
  const stored = storedTensors(await readTensorFile(path), names)
  return job((native) => native.readTensors(stored))
}

/** The text that is stored beside the tensors of a .safetensors file. */
export const readMetadata = async (path: string) => (await readTensorFile(path)).metadata

export const writeTensors = (
  path: string,
  tensors: Record<string, Tensor<TensorData>>,
  metadata: Record<string, string> = {},
) => writeSafetensors(path, tensors, metadata)

/** Where the tensors of a file lie, for what the addon loads. */
export const stored = async (path: string, names?: NameMap) =>
  storedTensors(await readTensorFile(path), names)

export const save = (source: NativeNetwork | NativeTrainer, path: string) => saveTensors(source, path, {})
