/** What the addon tells of weight files. */

/** A tensor of a weight file; `dtype` in the spelling of safetensors, or PyTorch's where that has none. */
export interface TensorEntry {
  /** Its name in the file. */
  name: string
  /** Type of its values. */
  dtype: string
  /** Length of each axis. */
  shape: number[]
}

/** A weight file of either kind, told by its content. */
export interface WeightFile {
  format: WeightFormat
  /** Of a .safetensors file. */
  metadata: Record<string, string>
  /** Of a PyTorch file: everything but the tensors, as JSON. */
  values: string | null
  /** Those of a PyTorch file under their dotted paths, `state_dict.net.model.cls_token`. */
  tensors: TensorEntry[]
}

/** The two kinds of weight files: `torch` is what PyTorch writes. */
export type WeightFormat = 'safetensors' | 'torch'

/** Tensors to read from a file, by the names they get; several are joined along their first axis. */
export type NameMap = Record<string, string | string[]>
