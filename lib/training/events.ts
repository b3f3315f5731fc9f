/** Events a run emits. They are plain data and can be serialized as JSON. */
import type { LabelSurvey } from '../datasets/label-survey.js'
import type { BadImage, UnusedFiles } from '../datasets/unused.js'
import type { Evaluation } from '../evaluation/evaluation.js'
import type { FeaturesProgress } from '../features/progress.js'
import type { PixelRule } from '../images/samples.js'
import type { ResolvedRunOptions } from '../method/train-options.js'
import type { Device, PairHistogram, PairValues, PlaceShares, StepLosses } from '../native/index.js'
import type { PositionProgress } from '../position/position.js'

/** The first event, with the resolved options and a summary of the data. */
export interface StartEvent {
  /** Type of the event. */
  type: 'start'
  /** Options with defaults filled in. */
  options: ResolvedRunOptions
  /** Number of training images, labeled training images and validation images, and what is left out of the folder. */
  images: {
    train: number
    labeled: number
    validation: number
    /** Images that cannot be read (`onBadImage: 'skip'`). */
    skipped: BadImage[]
    /** Files that are neither images nor label maps. */
    unused: UnusedFiles[]
  }
  /** What the label maps hold; null without labels, and for published datasets. */
  labels: { train: LabelSurvey | null; validation: LabelSurvey | null }
  /** How samples that are not bytes, or chosen bands, become pixels; null if images are used as they are. */
  pixels: PixelRule | null
  /** What is doubtful about images and labels, in words. */
  notes: string[]
  /** The backbone: name or file, embedding dimension, patch size in pixels, and number of blocks and parameters. */
  backbone: { name: string; dim: number; patch: number; depth: number; parameters: number }
  /** Number of native threads. */
  threads: number
  /** Where the run computes: `cpu`, or `cuda:0` and so on. */
  device: Device
  /** The GPU's name; null for the CPU. */
  deviceName: string | null
  /** How the features of training images are stored, and their total size in bytes. */
  features: { mode: 'disk' | 'memory' | 'off'; bytes: number }
  /** The step the run resumes from; 0 for a new run. */
  step: number
}

/** Emitted when the nearest neighbors of the training images are ready. */
export interface NeighborsEvent {
  /** Type of the event. */
  type: 'neighbors'
  /** Number of images. */
  images: number
  /** Number of neighbors per image. */
  k: number
  /** Mean cosine similarity of the neighbors; null if loaded from a file without similarities. */
  meanSimilarity: number | null
  /** Share of the true neighbors found, measured on a sample; null if exact or loaded from a file. */
  recall: number | null
}

/** The shifts in use, and the distribution of feature correspondences they were chosen from. */
export interface ShiftsEvent {
  /** Type of the event. */
  type: 'shifts'
  /** Whether they were chosen from the data. */
  automatic: boolean
  /** The shifts. */
  values: PairValues
  /** Feature correspondence counts in 80 equal bins over [-1, 1], and means; null if shifts were given. */
  histograms: Record<keyof PairValues, PairHistogram> | null
}

/** Emitted after each training step, with its losses. */
export interface StepEvent extends Omit<StepLosses, 'gradients'> {
  /** Type of the event. */
  type: 'step'
  /** Number of the completed step, counted from 1. */
  step: number
  /** Total number of steps. */
  steps: number
  /** Duration of the step, excluding recomputed features. */
  milliseconds: number
}

/** Result of k-means, fitted after training on all patches of the training images. */
export interface ClustersEvent {
  /** Type of the event. */
  type: 'clusters'
  /** `kmeans`: on codes. `baselineKmeans`: on backbone features. */
  head: 'kmeans' | 'baselineKmeans'
  /** Mean cosine of each restart. The best restart is kept. */
  meanCosines: number[]
  /** The highest mean cosine. */
  meanCosine: number
  /** Number of patches in each cluster. */
  sizes: number[]
  /** How well the row, column or image of a patch predicts its cluster, each from 0 to 1. */
  explained: PlaceShares
}

/** Scores on the validation split. */
export interface ValidationEvent {
  /** Type of the event. */
  type: 'validation'
  /** Number of steps done. */
  step: number
  /** The scores. */
  evaluation: Evaluation
}

/** Emitted when a resumable checkpoint was written. */
export interface CheckpointEvent {
  /** Type of the event. */
  type: 'checkpoint'
  /** Number of steps done. */
  step: number
  /** Path of the checkpoint. */
  path: string
}

/** The last event of a completed run. */
export interface EndEvent {
  /** Type of the event. */
  type: 'end'
  /** Total number of steps done, including those before resuming. */
  steps: number
  /** Duration since the run was started or resumed. */
  seconds: number
  /** Path of the contact sheet; null without a run folder. */
  contactSheet: string | null
}

/** Any event of a run, discriminated by `type`. There is no `position` event with `position: 'keep'`. */
export type TrainingEvent =
  | StartEvent
  | PositionProgress
  | FeaturesProgress
  | NeighborsEvent
  | ShiftsEvent
  | StepEvent
  | ClustersEvent
  | ValidationEvent
  | CheckpointEvent
  | EndEvent
