/** What the addon is told of tensors in files. */
import type { StoredTensor } from '../../formats/tensor-file.js'

/** Tensors to read, by the names they get; the parts of one are joined along their first axis. */
export type StoredTensors = Record<
  string,
  Pick<StoredTensor, 'name' | 'file' | 'dtype' | 'shape' | 'strides' | 'offset'>[]
>
