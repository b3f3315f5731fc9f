/** The feature store and nearest neighbors as the addon has them. */
import type { CancelToken, Pixels, Tensor, Transform } from './values.js'

/** Cosine neighbors, nearest first, self excluded, ties by index: [count, k]. */
export interface Neighbors {
  /** Rows of the neighbors. */
  indices: Int32Array
  /** Their cosine similarities. */
  similarities: Float32Array
  /** Share of the true neighbors that were found, measured on a sample; null where the search was exact. */
  recall: number | null
}

/** How neighbors are searched for. */
export interface NeighborSearch {
  /** auto is exact up to a million vectors. */
  method: 'auto' | 'exact' | 'inverted-file'
  /** Lists of an inverted file that a vector is compared with. */
  probes: number
  seed: number
  /** What finds candidates for the exact cosine; int8 only where the processor has AVX-512 VNNI. */
  products: 'auto' | 'float32' | 'int8'
}

/** A file that features are kept in. */
export interface FeatureStoreFile {
  path: string
  /** 64 characters that stand for all that determines the features; a file of another key is begun anew. */
  key: string
  /** Kept in the file's head, at most 3,900 bytes. */
  description: string
  dtype: 'float16' | 'float32'
  /** Patches of each image. */
  gridHeight: number
  gridWidth: number
}

export interface FeatureStoreSettings {
  /** Memory for features, where there is no file. */
  budgetBytes: number
  /** Whether each image is kept as a small picture too, for the contrastive CRF. */
  pictures: boolean
  /** null keeps features in memory. */
  file: FeatureStoreFile | null
}

/** What the head of a store says. */
export interface FeatureFile {
  /** Images it is for, and how many of them are in it. */
  count: number
  done: number
  /** Length of the file; less lies on the disk until it is full. */
  bytes: number
  key: string
  description: string
}

/** Backbone features of a list of images, in a file or in memory up to a byte budget, and their means. */
export interface NativeFeatureStore {
  /** Bytes of memory held, and how many images are kept for good. */
  readonly info: { bytes: number; kept: number; count: number }
  /**
   * Computes features of images `indices`. Where they go beyond the memory, they are held until the next call that
   * computes.
   */
  compute(indices: Int32Array, images: Pixels[], transform: Transform, cancel: CancelToken): Promise<void>
  /** The same for an already normalized input [n, 3, H, W]. */
  computePrepared(indices: Int32Array, input: Tensor, cancel: CancelToken): Promise<void>
  /** Which of these images are not kept, or damaged on disk. */
  missing(indices: Int32Array, cancel: CancelToken): Promise<Int32Array>
  /** Which of all images have no mean yet. */
  missingMeans(cancel: CancelToken): Promise<Int32Array>
  /** Neighbors by means, by the method that their number asks for. */
  neighbors(k: number, cancel: CancelToken): Promise<Neighbors>
  dispose(): void
}
