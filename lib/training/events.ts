/** What a training run tells while it runs. Every event is plain data, ready for JSON. */
import type { Evaluation } from '../evaluation/evaluation.js'
import type { TrainOptions } from '../method/train-options.js'
import type { PairHistogram, PairValues, PlaceShares, StepLosses } from '../native/index.js'
import type { PositionProgress } from '../position/position.js'

/** First event: the options with every default filled in, and what was found on disk. */
export interface StartEvent {
  /** What kind of event this is. */
  type: 'start'
  /** The options with every default filled in. */
  options: TrainOptions
  /** Images of the training split, those of them with labels, and images of the validation split. */
  images: { train: number; labelled: number; validation: number }
  /** The backbone: its name or file, width of a token, side of a patch in pixels, blocks and parameters. */
  backbone: { name: string; dim: number; patch: number; depth: number; parameters: number }
  /** Threads of the native team. */
  threads: number
  /** How the features of the training images will be kept, and how many bytes those of all of them take. */
  features: { mode: 'store' | 'memory' | 'off'; bytes: number }
  /** The step the run continues from; 0 for a fresh run. */
  step: number
}

/** Place in the features is measured, and then either kept or taken off; not with `position: 'keep'`. */
export interface PositionEvent extends PositionProgress {
  /** What kind of event this is. */
  type: 'position'
}

/** Progress of the one pass of the frozen backbone over the training images. */
export interface FeaturesEvent {
  /** What kind of event this is. */
  type: 'features'
  /** Images done. */
  done: number
  /** Images of the training split, crops counted one by one. */
  total: number
  /** Bytes of features kept, in memory or in the store. */
  bytes: number
  /** Images whose features are kept; the others are computed again when a batch needs them. */
  kept: number
  /** The feature store; null without one. */
  file: string | null
}

/** The nearest neighbors of the training images are known. */
export interface NeighborsEvent {
  /** What kind of event this is. */
  type: 'neighbors'
  /** Images that have neighbors. */
  images: number
  /** Neighbors of each. */
  k: number
  /** Mean cosine of the neighbors; null where a file has none. */
  meanSimilarity: number | null
  /** Share of the true neighbors among them, measured on a sample; null where they are exact or from a file. */
  recall: number | null
}

/** The shifts in force, and where they lie in the distribution of feature correspondences. */
export interface ShiftsEvent {
  /** What kind of event this is. */
  type: 'shifts'
  /** Whether they were read off the data. */
  automatic: boolean
  /** The shifts. */
  values: PairValues
  /** Counts of feature correspondence in 80 equal bins over [-1, 1], and means; null when shifts were given. */
  histograms: Record<keyof PairValues, PairHistogram> | null
}

/** One step, with its losses. */
export interface StepEvent extends Omit<StepLosses, 'gradients'> {
  /** What kind of event this is. */
  type: 'step'
  /** 1-based number of the step just done. */
  step: number
  /** Steps of the whole run. */
  steps: number
  /** How long it took; features that are not kept are computed before that. */
  milliseconds: number
}

/** k-means fitted once, at the end of training, on all patches of the training images. */
export interface ClustersEvent {
  /** What kind of event this is. */
  type: 'clusters'
  /** `kmeans`: on the codes; `raw`: on the backbone's features. */
  target: 'kmeans' | 'raw'
  /** Mean cosine of each restart; the highest is kept. */
  meanCosines: number[]
  /** The highest of them. */
  meanCosine: number
  /** Patches of each cluster. */
  sizes: number[]
  /** How much of the clusters is known from the row, the column or the image of a patch, each from 0 to 1. */
  explained: PlaceShares
}

/** The model was scored on the validation split. */
export interface ValidationEvent {
  /** What kind of event this is. */
  type: 'validation'
  /** Steps done. */
  step: number
  /** The scores. */
  evaluation: Evaluation
}

/** A checkpoint was written, from which the run can be resumed. */
export interface CheckpointEvent {
  /** What kind of event this is. */
  type: 'checkpoint'
  /** Steps done. */
  step: number
  /** Its file. */
  path: string
}

/** The last event of a run that reached its end. */
export interface EndEvent {
  /** What kind of event this is. */
  type: 'end'
  /** Steps done, those of earlier parts of the run included. */
  steps: number
  /** How long this part of the run took. */
  seconds: number
  /** The contact sheet, where the run has a folder. */
  contactSheet: string | null
}

/** Any event of a run; `type` tells which. */
export type TrainingEvent =
  | StartEvent
  | PositionEvent
  | FeaturesEvent
  | NeighborsEvent
  | ShiftsEvent
  | StepEvent
  | ClustersEvent
  | ValidationEvent
  | CheckpointEvent
  | EndEvent
