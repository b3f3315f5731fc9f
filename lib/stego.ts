/** The main class of the package. Its implementation, model.ts, is loaded on use. */
import type { Correspondence } from './correspond/correspond.js'
import type { CorrespondOptions } from './correspond/options.js'
import type { Evaluation } from './evaluation/evaluation.js'
import type { EvaluateOptions, PrecisionRecallOptions } from './evaluation/options.js'
import type { PrecisionRecall } from './evaluation/precision-recall.js'
import type { ImageInput } from './images/input.js'
import type { Model } from './model/model.js'
import type { FeaturesOptions, LoadOptions, SegmentAllOptions, SegmentOptions } from './model/options.js'
import type { Device, Tensor } from './native/index.js'
import { DISPLAY, type Display } from './output/notebook.js'
import type { Segmentation } from './output/segmentation.js'
import type { TrainingEvent } from './training/events.js'
import type { TrainOptions } from './training/input.js'
import { TrainingRun } from './training/training-run.js'
import type { ModelInfo } from './weights/model-file.js'

/**
 * A model for unsupervised semantic segmentation, trained on a folder of images with `Stego.train` or loaded with
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
   * Trains on a folder of images (STEGO, Hamilton et al., ICLR 2022). The run starts immediately. Await it to get the
   * model, or iterate over it to get its events. If `signal` aborts, the run saves a resumable checkpoint when it has a
   * folder (`out`), and rejects with the signal's reason.
   *
   * Rejects with `ERR_STEGO_OPTION` for invalid options, `ERR_STEGO_DATA_*` for problems with the images,
   * `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE`, `ERR_STEGO_RUN`, `ERR_STEGO_DEVICE` or `ERR_STEGO_DIVERGED`.
   */
  static train(input: TrainOptions): TrainingRun<Stego> {
    return new TrainingRun(trainStego(input), input?.onEvent)

    async function* trainStego(input: TrainOptions): AsyncGenerator<TrainingEvent, Stego> {
      const { trainModel } = await import('./model/model.js')
      return new Stego(yield* trainModel(input))
    }
  }

  /**
   * Loads a model: a model file; the last checkpoint of a run folder; a PyTorch checkpoint of the official STEGO or of
   * leggedrobotics' fork, without executing any of its code; or a published model by name
   * (`stego-cocostuff27-vitb8`), downloaded on first use. The backbone keeps its training precision unless `dtype` is
   * given.
   * Rejects with `ERR_STEGO_OPTION` for invalid options, `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN`,
   * `ERR_STEGO_CHECKPOINT`, `ERR_STEGO_DOWNLOAD` or `ERR_STEGO_DEVICE`.
   */
  static async load(source: string | URL, options?: LoadOptions): Promise<Stego> {
    const { loadModel } = await import('./model/model.js')
    return new Stego(await loadModel(source, options))
  }

  /** Where the model computes: `cpu`, or `cuda:0` and so on. */
  get device(): Device {
    return this.#model.device
  }

  /** Describes the model and how it was trained. */
  get info(): ModelInfo {
    return this.#model.info
  }

  /**
   * Segments an image of any size. The shorter side is resized to `resolution` and the other to the nearest multiple of
   * the patch size, without cropping. Labels have the original image size.
   *
   * Rejects with `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for the image, `ERR_STEGO_SIZE` for the resolution,
   * `ERR_STEGO_CHECKPOINT` if the model cannot make the requested prediction.
   */
  async segment(image: ImageInput, options?: SegmentOptions): Promise<Segmentation> {
    return await this.#model.segment(image, options)
  }

  /**
   * Segments every image of a folder and its subfolders (flat or in the directory layout, split `train`), of a list or of
   * an async iterable, in order. Rejects as `segment()` does, unless `onBadImage` is `skip`.
   */
  async *segmentAll(
    images: string | URL | Iterable<ImageInput> | AsyncIterable<ImageInput>,
    options?: SegmentAllOptions,
  ): AsyncGenerator<Segmentation, void> {
    yield* this.#model.segmentAll(images, options)
  }

  /**
   * Scores the model on a labeled split: k-means clusters, the cluster probe and the linear probe, compared with
   * k-means and a linear probe on the raw backbone features. Clusters are matched to classes on that split. Notebooks
   * display the result as a table.
   * Rejects with `ERR_STEGO_DATA_*` for problems with the images.
   */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    return this.#model.evaluate(options)
  }

  /** Computes the backbone features of an image, [1, channels, height / patch, width / patch]. */
  async features(image: ImageInput, options?: FeaturesOptions): Promise<Tensor> {
    return this.#model.features(image, options)
  }

  /** The head's codes of an image: [1, dim, height / patch, width / patch]. Options as for `features()`. */
  async codes(image: ImageInput, options?: FeaturesOptions): Promise<Tensor> {
    return this.#model.codes(image, options)
  }

  /**
   * Computes heat maps that show where an image, and optionally a second one, correspond to given points of the first,
   * by backbone features or by codes. Images may have any size; each heat map has the size of its image.
   * @param other the second image; null or the same image compares the first with itself
   *
   * Rejects with `ERR_STEGO_OPTION` for points outside -1 to 1, `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for an
   * image, `ERR_STEGO_SIZE` for the resolution.
   */
  async correspond(
    image: ImageInput,
    other: ImageInput | null = null,
    options?: CorrespondOptions,
  ): Promise<Correspondence> {
    return this.#model.correspond(image, other, options)
  }

  /**
   * Measures how well correspondences predict shared classes on the labeled images of a split: precision and recall for
   * backbone features, for codes, and for the contrastive CRF kernel, which uses only position and color. Training
   * helped if the codes' average precision exceeds the features'.
   * Rejects with `ERR_STEGO_DATA_*` for problems with the images, `ERR_STEGO_DATA_EMPTY` without labels.
   */
  async precisionRecall(options: PrecisionRecallOptions): Promise<PrecisionRecall> {
    return this.#model.precisionRecall(options)
  }

  /** Writes the model to a .safetensors file atomically. */
  async save(path: string | URL): Promise<void> {
    return this.#model.save(path)
  }

  /** Frees native memory immediately. Later calls fail with `ERR_STEGO_DISPOSED`. */
  dispose(): void {
    this.#model.dispose()
  }

  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** `dispose()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
  }

  /** Displays `info` in notebooks. */
  [DISPLAY](): Display {
    return this.#model.display()
  }
}
