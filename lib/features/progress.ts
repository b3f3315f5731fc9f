/** Progress of computing features. */
import type { SurveyProgress } from '../datasets/survey.js'
import type { PositionProgress } from '../position/position.js'
import type { DownloadProgress } from '../weights/progress.js'

/** Progress of computing the backbone features of images. */
export interface FeaturesProgress {
  /** Type of the progress. */
  type: 'features'
  /** Number of images done. */
  done: number
  /** Number of images, counting each crop. */
  total: number
  /** Bytes of stored features, in memory or on disk. */
  bytes: number
  /** Bytes once all images are done, if all are stored. */
  totalBytes: number
  /** Number of images whose features are stored. Others are recomputed when they are needed. */
  kept: number
  /** Path of the feature store, or null. */
  file: string | null
}

/** Progress of everything that happens until the features of a folder are there. */
export type FeatureStoreProgress = SurveyProgress | DownloadProgress | PositionProgress | FeaturesProgress
