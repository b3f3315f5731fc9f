/** The addon's dense CRF. */
import type { Device } from './backbone.js'
import type { CancelToken, Instructions, Pixels, Tensor } from './values.js'

/** One kernel of the dense CRF (docs/dense-crf-algorithm.md, steps 1 and 11). */
export interface CrfTerm {
  /** Standard deviations of positions. */
  xyStd: number[]
  /** Standard deviations of the three channels in the image's order; null for a kernel of positions alone. */
  colorStd: number[] | null
  /** Weight [1], energy of each label [C], or of each pair [C, C]. */
  compatibility: Tensor
  normalization: 'none' | 'before' | 'after' | 'symmetric'
}

export interface CrfOptions {
  /** In the order of their messages. */
  terms: CrfTerm[]
  iterations: number
  instructions: Instructions
  /** Where to compute; the CPU by default. */
  device?: Device
  /**
   * For tests: the form on libtorch's operators, or a GPU's kernels run on the host, instead of the CPU's fastest; and the
   * order in which the kernels' indices are run, on which nothing may depend.
   */
  form?: 'automatic' | 'operators' | 'kernels'
  order?: 'ascending' | 'descending' | 'shuffled' | 'interleaved'
}

/** An image, one or several sets of labels for it, [C, H, W] each, and the results to compute. */
export interface CrfProblem {
  image: Pixels
  scores: { kind: 'unary' | 'probabilities' | 'logits'; values: Tensor }[]
  options: CrfOptions
}

/** Refined labels, [C, H, W] and [H, W], as requested. */
export interface CrfResult {
  probabilities: Tensor | null
  labels: Tensor<Uint8Array> | null
}

/** Mean-field inference of all label sets of a problem, iteration by iteration. */
export interface NativeMeanField {
  /** Bytes of memory held, and vertices of each kernel's lattice. */
  readonly info: { bytes: number; vertices: number[] }
  iterate(count: number, cancel: CancelToken): Promise<void>
  /** The current probabilities of a label set, [C, H, W]. */
  probabilities(set: number): Promise<Tensor>
  /** The most probable labels, [H, W]. */
  labels(set: number): Promise<Tensor<Uint8Array>>
  /** KL divergence from the CRF's distribution, up to a constant. */
  divergence(set: number): Promise<number>
  dispose(): void
}
