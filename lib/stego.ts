/** The package's main class: what it does is in model.ts, which is loaded when there is a model to work with. */
import type { Correspondence } from './correspond/correspond.js'
import type { CorrespondInput } from './correspond/options.js'
import type { Evaluation } from './evaluation/evaluation.js'
import type { EvaluateInput, PrecisionRecallInput } from './evaluation/options.js'
import type { PrecisionRecall } from './evaluation/precision-recall.js'
import type { ImageInput } from './images/decode.js'
import type { Model } from './model/model.js'
import type { FeaturesInput, LoadOptions, SegmentInput } from './model/options.js'
import type { Tensor } from './native/index.js'
import { DISPLAY, type Display } from './output/notebook.js'
import type { Segmentation } from './output/segmentation.js'
import type { TrainingEvent } from './training/events.js'
import type { TrainInput } from './training/input.js'
import { TrainingRun } from './training/training-run.js'
import type { ModelInfo } from './weights/model-file.js'

/**
 * A model for unsupervised semantic segmentation: made by `Stego.train` from a folder of images, or read by
 * `Stego.load`.
 *
 * ```ts
 * const model = await Stego.train({ data: './photos', classes: 8 })
 * const segmentation = await model.segment('street.jpg')
 * await segmentation.toFile('street.overlay.png')
 * ```
 */
export class Stego {
  readonly #model: Model

  private constructor(model: Model) {
    this.#model = model
  }

  /**
   * Trains on a folder of images (STEGO, Hamilton et al., ICLR 2022). The run starts at once; it can be awaited, which
   * gives the model, and iterated, which gives its events. Aborted by `signal` it leaves a resumable checkpoint, where
   * it has a folder (`out`), and rejects with the signal's reason.
   *
   * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_DATA_*` for what is wrong with the images, `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE`, `ERR_STEGO_RUN`, `ERR_STEGO_DIVERGED`.
   */
  static train(input: TrainInput): TrainingRun<Stego> {
    return new TrainingRun(trainStego(input), input?.onEvent)

    async function* trainStego(input: TrainInput): AsyncGenerator<TrainingEvent, Stego> {
      const { trainModel } = await import('./model/model.js')
      return new Stego(yield* trainModel(input))
    }
  }

  /**
   * Reads a model file, the last checkpoint of a run folder, a PyTorch checkpoint of the official STEGO or of
   * leggedrobotics' fork, of which nothing is executed, or a published model by name (`stego-cocostuff27-vitb8`),
   * fetched when it is first used. Its backbone computes in what it was trained in, unless `dtype` says otherwise.
   * Rejects with `ERR_STEGO_OPTION` for wrong options, `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN`,
   * `ERR_STEGO_CHECKPOINT` or `ERR_STEGO_DOWNLOAD`.
   */
  static async load(source: string | URL, options?: LoadOptions): Promise<Stego> {
    const { loadModel } = await import('./model/model.js')
    return new Stego(await loadModel(source, options))
  }

  /** What the model is and how it was trained. */
  get info(): ModelInfo {
    return this.#model.info
  }

  /**
   * Segments an image of any size: the shorter side is brought to `resolution`, the other to the nearest multiple of
   * the patch, nothing is cropped; labels come at the image's own size.
   *
   * Rejects with `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for the image, `ERR_STEGO_SIZE` for the resolution,
   * `ERR_STEGO_CHECKPOINT` for labels that the model does not have.
   */
  async segment(image: ImageInput, options?: SegmentInput): Promise<Segmentation> {
    return this.#model.segment(image, options)
  }

  /** Segments every image of a folder (flat or of the directory layout, split `train`), or of a list, in order. */
  async *segmentAll(
    images: string | URL | Iterable<ImageInput>,
    options?: SegmentInput,
  ): AsyncGenerator<Segmentation, void> {
    yield* this.#model.segmentAll(images, options)
  }

  /**
   * Scores the model on a labeled split: k-means clusters, the online cluster probe and the linear probe, beside
   * k-means and a linear probe on the backbone's own features. Clusters are matched to classes on that split. In a
   * notebook the result shows itself as a table.
   * Rejects with `ERR_STEGO_DATA_*` for what is wrong with the images.
   */
  async evaluate(options: EvaluateInput): Promise<Evaluation> {
    return this.#model.evaluate(options)
  }

  /** The frozen backbone's features of an image: [1, channels, height / patch, width / patch]. */
  async features(image: ImageInput, options?: FeaturesInput): Promise<Tensor> {
    return this.#model.features(image, options)
  }

  /**
   * Heat maps of points of an image: where in it, and in another picture, is what is there? By the backbone's
   * features or by the codes. Pictures of any size; heat comes at their own size.
   * @param other another picture; null or the same stays within the first
   *
   * Rejects with `ERR_STEGO_OPTION` for points outside -1 to 1, `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for an
   * image, `ERR_STEGO_SIZE` for the resolution.
   */
  async correspond(
    image: ImageInput,
    other: ImageInput | null = null,
    options?: CorrespondInput,
  ): Promise<Correspondence> {
    return this.#model.correspond(image, other, options)
  }

  /**
   * Precision and recall of correspondences against shared classes on the labeled images of a split: of backbone
   * features, of codes, and of the contrastive CRF's kernel, which knows places and colors alone. Whether the codes'
   * average precision exceeds the features' says what training has done.
   * Rejects with `ERR_STEGO_DATA_*` for what is wrong with the images, `ERR_STEGO_DATA_EMPTY` without labels.
   */
  async precisionRecall(options: PrecisionRecallInput): Promise<PrecisionRecall> {
    return this.#model.precisionRecall(options)
  }

  /** Writes the model as one .safetensors file, whole or not at all. */
  async save(path: string | URL): Promise<void> {
    return this.#model.save(path)
  }

  /** Lets the native memory go at once. Every later call fails with `ERR_STEGO_DISPOSED`. */
  dispose(): void {
    this.#model.dispose()
  }

  /** `dispose()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
  }

  /** What `info` says, where a notebook asks for it. */
  [DISPLAY](): Display {
    return this.#model.display()
  }
}
