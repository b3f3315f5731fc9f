/** Descriptions of tensors in files for the addon. */
import type { StoredTensor } from '../../formats/tensor-file.js'

/** Tensors to read, by the names they are given; the parts of a tensor are joined along their first axis. */
export type StoredTensors = Record<
  string,
  Pick<StoredTensor, 'name' | 'file' | 'dtype' | 'shape' | 'strides' | 'offset'>[]
>
