/** What a training run tells while it runs. Every event is plain data, ready for JSON. */
import type { Evaluation } from '../evaluation/scores.js'
import type { PairHistogram, PairValues, StepLosses } from '../native.js'
import type { TrainOptions } from '../options/train.js'

/** First event: the options with every default filled in, and what was found on disk. */
export interface StartEvent {
  type: 'start'
  options: TrainOptions
  images: { train: number; labelled: number; validation: number }
  backbone: { name: string; dim: number; patch: number; depth: number; parameters: number }
  threads: number
  /** Where the features of the training images will be kept, and how many bytes those of all of them take. */
  features: { mode: 'store' | 'memory' | 'off'; bytes: number; file: string | null }
  /** The step the run continues from; 0 for a fresh run. */
  step: number
}

/** Progress of the one pass of the frozen backbone over the training images. */
export interface FeaturesEvent {
  type: 'features'
  done: number
  total: number
  /** Bytes of features kept, in memory or in the store. */
  bytes: number
  /** Images whose features are kept; the others are computed again when a batch needs them. */
  kept: number
}

export interface NeighborsEvent {
  type: 'neighbors'
  images: number
  k: number
  /** Mean cosine of the neighbours; null where a file has none. */
  meanSimilarity: number | null
  /** Share of the true neighbours among them, measured on a sample; null where they are exact or from a file. */
  recall: number | null
}

/** The shifts in force, and where they lie in the distribution of feature correspondences. */
export interface ShiftsEvent {
  type: 'shifts'
  automatic: boolean
  values: PairValues
  /** Counts of feature correspondence in 80 equal bins over [-1, 1], and means; null when shifts were given. */
  histograms: Record<keyof PairValues, PairHistogram> | null
}

/** One step, with its losses. */
export interface StepEvent extends Omit<StepLosses, 'gradients'> {
  type: 'step'
  /** 1-based number of the step just done. */
  step: number
  steps: number
  milliseconds: number
}

/** k-means fitted once, at the end of training, on all patches of the training images. */
export interface ClustersEvent {
  type: 'clusters'
  target: 'kmeans' | 'raw'
  /** Mean cosine of each restart; the highest is kept. */
  meanCosines: number[]
  meanCosine: number
  sizes: number[]
}

export interface ValidationEvent {
  type: 'validation'
  step: number
  evaluation: Evaluation
}

export interface CheckpointEvent {
  type: 'checkpoint'
  step: number
  path: string
}

/** The last event of a run that reached its end. */
export interface EndEvent {
  type: 'end'
  steps: number
  seconds: number
  /** The contact sheet, where the run has a folder. */
  contactSheet: string | null
}

export type TrainingEvent =
  | StartEvent
  | FeaturesEvent
  | NeighborsEvent
  | ShiftsEvent
  | StepEvent
  | ClustersEvent
  | ValidationEvent
  | CheckpointEvent
  | EndEvent
