/** The package's main class. */
import { fileURLToPath } from 'node:url'
import { openDataset } from './data/dataset.js'
import { decodeImage, type ImageInput } from './data/decode.js'
import { openFolder } from './data/folder.js'
import type { Split } from './data/split.js'
import { createTransform } from './data/transform.js'
import { StegoError } from './errors.js'
import { type Correspondence, correspondWith } from './evaluation/correspondence.js'
import { evaluateNetwork } from './evaluation/evaluate.js'
import { formatEvaluation } from './evaluation/format.js'
import { type PrecisionRecall, precisionRecall } from './evaluation/precision-recall.js'
import type { Evaluation } from './evaluation/scores.js'
import { type CodeHead, checked, job, type Tensor } from './native.js'
import { type CorrespondInput, correspondSchema } from './options/correspond.js'
import { type EvaluateInput, type EvaluateOptions, evaluateSchema } from './options/evaluate.js'
import { type FeaturesInput, featuresSchema } from './options/features.js'
import { type LoadOptions, loadSchema } from './options/load.js'
import { parseOptions } from './options/parse.js'
import { type PrecisionRecallInput, precisionRecallSchema } from './options/precision-recall.js'
import { type SegmentInput, type SegmentOptions, segmentSchema } from './options/segment.js'
import { parseTrain, type TrainInput } from './options/train.js'
import { modelRows } from './output/model-rows.js'
import { DISPLAY, type Display, displayedAs, displayRows, displayText } from './output/notebook.js'
import { Segmentation } from './output/segmentation.js'
import type { TrainingEvent } from './training/events.js'
import { type TrainedModel, train } from './training/run.js'
import { TrainingRun } from './training/training-run.js'
import { describeModel, type ModelInfo, modelPath, readModel, writeRecord } from './weights/model-file.js'
import { findPublished } from './weights/registry.js'
import { resolveWeights } from './weights/resolve.js'

/** Factor of the cosines in cluster probabilities (eval_segmentation.py). */
const TEMPERATURE = 2

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
  readonly #model: TrainedModel

  private constructor(model: TrainedModel) {
    this.#model = model
  }

  /**
   * Trains on a folder of images (STEGO, Hamilton et al., ICLR 2022). The run starts at once; it can be awaited, which
   * gives the model, and iterated, which gives its events. Aborted by `signal` it leaves a resumable checkpoint, where
   * it has a folder (`out`), and rejects with the signal's reason.
   *
   * Throws at once for wrong options (`ERR_STEGO_OPTION`); rejects with `ERR_STEGO_DATA_*` for what is wrong with the
   * images, `ERR_STEGO_BACKBONE`, `ERR_STEGO_SIZE`, `ERR_STEGO_RUN`, `ERR_STEGO_DIVERGED`.
   */
  static train(input: TrainInput): TrainingRun<Stego> {
    const request = parseTrain(input)
    return new TrainingRun(trainStego(request), request.onEvent)

    async function* trainStego(request: ReturnType<typeof parseTrain>): AsyncGenerator<TrainingEvent, Stego> {
      return new Stego(yield* train(request))
    }
  }

  /**
   * Reads a model file, the last checkpoint of a run folder, a PyTorch checkpoint of the official STEGO or of
   * leggedrobotics' fork, of which nothing is executed, or a published model by name (`stego-cocostuff27-vitb8`),
   * fetched when it is first used. Its backbone computes in bfloat16 on processors with instructions for it, unless
   * `dtype` says otherwise.
   * Throws `ERR_STEGO_OPTION` for wrong options; rejects with `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_RUN`, `ERR_STEGO_CHECKPOINT` or `ERR_STEGO_DOWNLOAD`.
   */
  static async load(source: string | URL, options?: LoadOptions): Promise<Stego> {
    const { dtype, signal, onDownload } = parseOptions(loadSchema, options, 'Stego.load()')
    const name = typeof source === 'string' ? source : fileURLToPath(source)
    const isPublished = findPublished(name)?.kind === 'model'
    const path = isPublished ? (await resolveWeights(name, { signal, onProgress: onDownload })).path : name
    return new Stego(await readModel(modelPath(path), { dtype, signal }))
  }

  /** What the model is and how it was trained. */
  get info(): ModelInfo {
    return describeModel(this.#model.network, this.#model.record)
  }

  /**
   * Segments an image of any size: the shorter side is brought to `resolution`, the other to the nearest multiple of
   * the patch, nothing is cropped; labels come at the image's own size.
   *
   * Rejects with `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for the image, `ERR_STEGO_SIZE` for the resolution,
   * `ERR_STEGO_CHECKPOINT` for labels that the model does not have.
   */
  async segment(image: ImageInput, options?: SegmentInput): Promise<Segmentation> {
    return this.#segment(image, parseOptions(segmentSchema, options, 'segment()'))
  }

  /** Segments every image of a folder (flat or of the directory layout, split `train`), or of a list, in order. */
  async *segmentAll(
    images: string | URL | Iterable<ImageInput>,
    options?: SegmentInput,
  ): AsyncGenerator<Segmentation, void> {
    const parsed = parseOptions(segmentSchema, options, 'segmentAll()')
    const folder = typeof images === 'string' || images instanceof URL
    const list = folder ? (await openFolder(images, 'train')).items.map(({ image }) => image) : images
    for (const image of list) yield await this.#segment(image, parsed)
  }

  /**
   * Scores the model on a labelled split: k-means clusters, the online cluster probe and the linear probe, beside
   * k-means and a linear probe on the backbone's own features. Clusters are matched to classes on that split. In a
   * notebook the result shows itself as a table.
   * Rejects with `ERR_STEGO_DATA_*` for what is wrong with the images.
   */
  async evaluate(options: EvaluateInput): Promise<Evaluation> {
    const { network, record } = this.#model
    const parsed = parseOptions(evaluateSchema, options, 'evaluate()')
    const evaluation = await evaluateNetwork(network, await this.#open(parsed), parsed, record.classNames)
    return displayedAs(evaluation, () => displayText(formatEvaluation(evaluation)))
  }

  /** The frozen backbone's features of an image: [1, channels, height / patch, width / patch]. */
  async features(image: ImageInput, options?: FeaturesInput): Promise<Tensor> {
    const { resolution, crop, signal } = parseOptions(featuresSchema, options, 'features()')
    const backbone = checked(() => this.#model.network.backbone)
    const transform = createTransform(resolution, crop, backbone.info.patch)
    const pixels = await decodeImage(image)
    return job((_, cancel) => backbone.features([pixels], transform, cancel), signal)
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
    const context = 'correspond()'
    const { on, ...parsed } = parseOptions(correspondSchema, options, context)
    const { network } = this.#model
    const maps = on === 'codes' ? { on, source: network } : { on, source: checked(() => network.backbone) }
    return correspondWith(maps, image, other, parsed, context)
  }

  /**
   * Precision and recall of correspondences against shared classes on the labelled images of a split: of backbone
   * features, of codes, and of the contrastive CRF's kernel, which knows places and colours alone. Whether the codes'
   * average precision exceeds the features' says what training has done.
   * Rejects with `ERR_STEGO_DATA_*` for what is wrong with the images, `ERR_STEGO_DATA_EMPTY` without labels.
   */
  async precisionRecall(options: PrecisionRecallInput): Promise<PrecisionRecall> {
    const parsed = parseOptions(precisionRecallSchema, options, 'precisionRecall()')
    return precisionRecall(this.#model.network, await this.#open(parsed), parsed)
  }

  /** Writes the model as one .safetensors file, whole or not at all. */
  async save(path: string | URL): Promise<void> {
    const { network, record } = this.#model
    const file = typeof path === 'string' ? path : fileURLToPath(path)
    await job(() => network.save(file, writeRecord(record)))
  }

  /** Lets the native memory go at once. Every later call fails with `ERR_STEGO_DISPOSED`. */
  dispose(): void {
    this.#model.network.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose()
  }

  /** What `info` says, where a notebook asks for it. */
  [DISPLAY](): Display {
    return displayRows(modelRows(this.info))
  }

  /** A split for scoring, of the dataset the model was trained on unless another is named. */
  #open(
    source: Pick<EvaluateOptions, 'data' | 'split' | 'dataset' | 'labelMap' | 'crops' | 'cropRatio'>,
  ): Promise<Split> {
    const { dataset, labelMap } = this.#model.record.options
    return openDataset({
      ...source,
      dataset: source.dataset ?? dataset,
      labelMap: source.labelMap ?? labelMap,
    })
  }

  async #segment(input: ImageInput, options: SegmentOptions): Promise<Segmentation> {
    const { network, record } = this.#model
    const { resolution, flip, crf, probabilities, signal } = options
    const transform = createTransform(resolution, 'whole', record.backbone.patch)
    const head = this.#head(options.labels)
    const image = await decodeImage(input)
    const settings = {
      transform,
      flip,
      crf,
      heads: [head],
      size: 'original' as const,
      temperature: TEMPERATURE,
    }
    const logProbabilities = probabilities ? [head] : []
    const [prediction] = await job(
      (_, cancel) => network.predict([image], { ...settings, logProbabilities }, cancel),
      signal,
    )
    return new Segmentation({
      image,
      labels: prediction!.labels[head]!,
      classes: checked(() => (head === 'linear' ? network.info.classes : network.info.clusters)),
      classNames: record.classNames,
      head,
      source: typeof input === 'string' ? input : input instanceof URL ? fileURLToPath(input) : null,
      logProbabilities: prediction!.logProbabilities[head] ?? null,
    })
  }

  #head(labels: SegmentOptions['labels']): CodeHead {
    const heads = checked(() => this.#model.network.info.heads)
    if (labels === 'auto') return heads.includes('kmeans') ? 'kmeans' : 'online'
    if (heads.includes(labels)) return labels
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `this model has no ${labels} labels: it offers ${heads.filter((head) => !head.startsWith('raw')).join(', ')}. ` +
        'The linear probe needs labels in training, k-means is fitted at its end.',
    )
  }
}
