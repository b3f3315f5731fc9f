/** Values that pass between TypeScript and the addon: tensors, images, transforms, cancel flags. */

/** Arrays for the values of a tensor. */
export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint16Array
  | Uint8Array

/** Row-major values and their shape. */
export interface Tensor<T extends TensorData = Float32Array> {
  /** The values, row-major. */
  data: T
  /** Length of each axis. */
  shape: number[]
}

/** 8-bit RGB pixels, rows top to bottom, 3 bytes per pixel. */
export interface Pixels {
  /** 3 * width * height bytes. */
  data: Uint8Array
  /** Pixels per row. */
  width: number
  /** Rows. */
  height: number
}

/** One byte per pixel: a class index; values at or above the number of classes are void. */
export interface LabelMap {
  /** width * height bytes, row by row. */
  data: Uint8Array
  /** Pixels per row. */
  width: number
  /** Rows. */
  height: number
}

/**
 * From an image to the network's input, always by Pillow's nearest-neighbor rule
 * (docs/method-constants.md#image-preparation):
 * `center`: shorter side to `resolution`, center crop of `resolution` squared;
 * `squash`: both sides to `resolution`, aspect lost;
 * `whole`: shorter side to `resolution`, the longer to the nearest multiple of `multiple`, nothing cropped; strips of more
 * than 4 to 1 are enlarged only until they are as long as a picture of 4 to 1.
 */
export interface Transform {
  resolution: number
  fit: 'center' | 'squash' | 'whole'
  multiple: number
  /**
   * Pictures of more patches are computed in parts, each of which has the whole picture in view, thinned out; absent or 0
   * for never, as in training.
   */
  maxPatches?: number
}

/** One cancel flag; a job that received it stops at its next poll and rejects with `ERR_STEGO_CANCELLED`. */
export interface CancelToken {
  cancel(): void
}

/**
 * Instruction sets that inner loops are compiled for: x86-64-v4, x86-64-v3, and a baseline for every
 * processor; as a limit also `operators`, the form that other devices compute.
 */
export type InstructionSet = 'avx512' | 'avx2' | 'portable' | 'operators'

/** Which of the compiled loops to use; anything but `auto`, the widest that may be used, is for tests. */
export type Instructions = 'auto' | InstructionSet
