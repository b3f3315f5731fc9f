/** The addon's feature store and nearest neighbors. */
import type { CancelToken, Pixels, Tensor, Transform } from './values.js'

/** Cosine neighbors, nearest first, self excluded, ties by index: [count, k]. */
export interface Neighbors {
  /** Rows of the neighbors. */
  indices: Int32Array
  /** Their cosine similarities. */
  similarities: Float32Array
  /** Share of the true neighbors that were found, measured on a sample; null if the search was exact. */
  recall: number | null
}

/** How to search for neighbors. */
export interface NeighborSearch {
  /** `auto` is exact up to a million vectors. */
  method: 'auto' | 'exact' | 'inverted-file'
  /** Number of lists of an inverted file that a vector is compared with. */
  probes: number
  seed: number
  /** Products that find candidates for the exact cosine; int8 only if the processor has AVX-512 VNNI. */
  products: 'auto' | 'float32' | 'int8'
}

/** A file that stores features. */
export interface FeatureStoreFile {
  path: string
  /** 64 characters that identify all that determines the features; a file with another key is restarted. */
  key: string
  /** Stored in the file's header, at most 3,900 bytes. */
  description: string
  dtype: 'float16' | 'float32'
  /** Patches of each image. */
  gridHeight: number
  gridWidth: number
}

export interface FeatureStoreSettings {
  /** Memory for features if there is no file. */
  budgetBytes: number
  /** Whether a small picture of each image is also kept, for the contrastive CRF. */
  pictures: boolean
  /** null keeps features in memory. */
  file: FeatureStoreFile | null
}

/** Contents of a store's header. */
export interface FeatureFile {
  /** Number of images it is for, and how many of them are stored so far. */
  count: number
  done: number
  /** Length of the file; it occupies less disk space until it is full. */
  bytes: number
  key: string
  description: string
}

/** Backbone features of a list of images, in a file or in memory up to a byte budget, and their means. */
export interface NativeFeatureStore {
  /** Bytes of memory held, and how many images are kept permanently. */
  readonly info: { bytes: number; kept: number; count: number }
  /**
   * Computes features of images `indices`. If they exceed the memory, they are held until the next call that
   * computes.
   */
  compute(indices: Int32Array, images: Pixels[], transform: Transform, cancel: CancelToken): Promise<void>
  /** The same for an already normalized input [n, 3, H, W]. */
  computePrepared(indices: Int32Array, input: Tensor, cancel: CancelToken): Promise<void>
  /** Which of these images are not stored, or are damaged on disk. */
  missing(indices: Int32Array, cancel: CancelToken): Promise<Int32Array>
  /** Which of all images have no mean yet. */
  missingMeans(cancel: CancelToken): Promise<Int32Array>
  /** Neighbors by means, with the method chosen by the number of images. */
  neighbors(k: number, cancel: CancelToken): Promise<Neighbors>
  dispose(): void
}
