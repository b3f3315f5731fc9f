/**
 * The native addon as TypeScript sees it: a typed mirror of what native/addon.cpp registers.
 * Every method that returns a promise is a job on the addon's own thread; at most one runs at a time.
 */
import type { Device, DType, FeatureChoice, NativeBackbone } from './backbone.js'
import type { CrfProblem, CrfResult, NativeMeanField } from './crf.js'
import type {
  FeatureFile,
  FeatureStoreSettings,
  NativeFeatureStore,
  NeighborSearch,
  Neighbors,
} from './features.js'
import type { CudaDescription, MachineDescription } from './machine.js'
import type { NativeNetwork, NativeScores, NetworkOptions, PredictOptions } from './network.js'
import type { NativePairScores } from './pair-scores.js'
import type { StoredTensors } from './tensors.js'
import type { ContrastiveCrfOptions, GivenDraws, LossOptions, NativeTrainer } from './training.js'
import type {
  CancelToken,
  InstructionSet,
  Instructions,
  LabelMap,
  Pixels,
  Tensor,
  TensorData,
  Transform,
} from './values.js'

/** Sampled maps of a pair of images, [B, C, h, w] each. */
export interface PairMaps {
  features1: Tensor
  features2: Tensor
  codes1: Tensor
  codes2: Tensor
}

/** Maps of a batch and of its positives, [B, C, h, w] each. */
export interface CorrespondenceMaps {
  features: Tensor
  codes: Tensor
  positiveFeatures: Tensor
  positiveCodes: Tensor
}

/** The addon's exports; native/addon.cpp registers them. */
export interface Addon {
  /** The version of the package that it was built for. */
  version: string
  configure(options: { threads: number }): void
  /** Limits kernels in the whole process to these or narrower instructions; call before any computation. */
  limitInstructions(most: InstructionSet): void
  /** Whether the backbone's work on small batches is replayed as CUDA graphs; off at first. No effect on the CPU. */
  useGraphs(graphs: boolean): void
  CancelToken: new () => CancelToken
  Backbone: {
    load(
      stored: StoredTensors,
      options: {
        prefix: string
        heads: number
        features: FeatureChoice
        device: Device
        dtype: DType
        /** For float32. Default: `auto`. */
        instructions?: Instructions
        /** Use libtorch's operators alone, against which the fast form is tested. Default: off. */
        plain?: boolean
      },
      cancel: CancelToken,
    ): Promise<NativeBackbone>
  }
  Network: {
    create(
      backbone: NativeBackbone,
      options: NetworkOptions,
      linear: boolean,
      cancel: CancelToken,
    ): Promise<NativeNetwork>
    load(
      stored: StoredTensors,
      options: NetworkOptions & {
        heads: number
        features: FeatureChoice
        device: Device
        dtype: DType
      },
      cancel: CancelToken,
    ): Promise<NativeNetwork>
  }
  /** `pictures` also keeps each image at 56 x 56, for the contrastive CRF. */
  FeatureStore: new (
    backbone: NativeBackbone,
    count: number,
    options: FeatureStoreSettings,
  ) => NativeFeatureStore
  /** The header of a feature store. */
  inspectFeatures(path: string): Promise<FeatureFile>
  Trainer: new (network: NativeNetwork, store: NativeFeatureStore) => NativeTrainer
  /**
   * `logProbabilities` and `size` of the options are ignored: label maps are counted as the network sees
   * them.
   */
  Scores: new (
    network: NativeNetwork,
    options: PredictOptions,
  ) => NativeScores
  PairScores: new (network: NativeNetwork) => NativePairScores
  /** Half precision is returned as float32, booleans as bytes. */
  readTensors(stored: StoredTensors): Promise<Record<string, Tensor<TensorData>>>
  prepareImages(images: Pixels[], transform: Transform): Promise<Tensor>
  /** The bytes of a transformed image (3 channels) or label map (1). */
  transformBytes(image: Pixels | LabelMap, channels: 1 | 3, transform: Transform): Promise<Pixels>
  denormalize(image: Tensor): Tensor<Uint8Array>
  nearestIndices(from: number, to: number): number[]
  /** `decided` counts the pairs for which the exact cosine was computed. */
  nearestNeighbors(
    vectors: Tensor,
    k: number,
    search: NeighborSearch,
    cancel?: CancelToken,
  ): Promise<Neighbors & { decided: number }>
  samplePoints(
    map: Tensor,
    coordinates: Tensor,
    outputGradient?: Tensor,
  ): Promise<{ samples: Tensor; gradient: Tensor }>
  shiftFixedPoints(permutation: Tensor<BigInt64Array>): Tensor<BigInt64Array>
  pairCorrespondence(
    maps: PairMaps,
    loss: LossOptions,
    shift: number,
    lossGradient?: Tensor,
  ): Promise<Record<'loss' | 'similarity' | 'gradient1' | 'gradient2', Tensor>>
  correspondenceLoss(
    maps: CorrespondenceMaps,
    draws: GivenDraws,
    loss: LossOptions,
  ): Promise<Record<string, Tensor>>
  clusterLookup(codes: Tensor, clusters: Tensor, alpha: number | null): Promise<Record<string, Tensor>>
  contrastiveCrf(
    pictures: Tensor,
    codes: Tensor,
    places: Tensor<BigInt64Array>,
    options: ContrastiveCrfOptions,
  ): Promise<Record<'loss' | 'codesGradient', Tensor>>
  MeanField: { begin(problem: CrfProblem, cancel: CancelToken): Promise<NativeMeanField> }
  /** Refines all label sets of all problems, one problem per thread if there are enough. */
  denseCrf(
    problems: CrfProblem[],
    output: 'probabilities' | 'labels' | 'both',
    cancel: CancelToken,
  ): Promise<CrfResult[][]>
  describeMachine(): MachineDescription
  describeCuda(): CudaDescription
  /** The best GFLOP/s of a float32 matrix product of this size: the reference of benchmarks. */
  matrixProductPeak(size: number, repeats: number): Promise<number>
}
