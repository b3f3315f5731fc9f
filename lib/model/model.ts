/** A trained model at work: what `Stego` does, loaded when there is a model to do it with. */
import { fileURLToPath } from 'node:url'
import { type Correspondence, correspondWith } from '../correspond/correspond.js'
import { type CorrespondOptions, correspondSchema } from '../correspond/options.js'
import { openDataset } from '../datasets/dataset.js'
import { openFolder } from '../datasets/folder.js'
import type { Split } from '../datasets/source.js'
import { StegoError } from '../errors.js'
import { evaluateNetwork } from '../evaluation/evaluate.js'
import type { Evaluation } from '../evaluation/evaluation.js'
import { formatEvaluation } from '../evaluation/format.js'
import {
  type EvaluateOptions,
  evaluateSchema,
  type PrecisionRecallOptions,
  precisionRecallSchema,
  type ResolvedEvaluateOptions,
} from '../evaluation/options.js'
import { type PrecisionRecall, precisionRecall } from '../evaluation/precision-recall.js'
import { predictOptions } from '../evaluation/predict.js'
import { decodeImage } from '../images/decode.js'
import type { ImageInput } from '../images/input.js'
import { createTransform } from '../images/transform.js'
import { type CodeHead, checked, job, type Tensor } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { pathOf } from '../options/path.js'
import { type Display, displayedAs, displayRows, displayText } from '../output/notebook.js'
import { Segmentation } from '../output/segmentation.js'
import type { TrainingEvent } from '../training/events.js'
import { parseTrain, type TrainOptions } from '../training/input.js'
import { type TrainedModel, train } from '../training/run.js'
import { describeModel, type ModelInfo, modelPath, readModel, writeRecord } from '../weights/model-file.js'
import { findPublished } from '../weights/registry.js'
import { resolveWeights } from '../weights/resolve.js'
import { saveTensors } from '../weights/tensors.js'
import {
  type FeaturesOptions,
  featuresSchema,
  type LoadOptions,
  loadSchema,
  type ResolvedFeaturesOptions,
  type ResolvedSegmentOptions,
  type SegmentOptions,
  segmentSchema,
} from './options.js'
import { modelRows } from './rows.js'

/** Trains as `Stego.train` says. The first `next()` checks the options. */
export async function* trainModel(input: TrainOptions): AsyncGenerator<TrainingEvent, Model> {
  return new Model(yield* train(parseTrain(input)))
}

/** Reads a model as `Stego.load` says. */
export async function loadModel(source: string | URL, options?: LoadOptions): Promise<Model> {
  const { dtype, signal, onProgress } = parseOptions(loadSchema, options, 'Stego.load()')
  const name = pathOf(source)
  const isPublished = findPublished(name)?.kind === 'model'
  const path = isPublished ? (await resolveWeights(name, { signal, onProgress })).path : name
  return new Model(await readModel(modelPath(path), { dtype, signal }))
}

/** The methods are those of `Stego`, which documents them. */
export class Model {
  readonly #model: TrainedModel

  constructor(model: TrainedModel) {
    this.#model = model
  }

  get info(): ModelInfo {
    return describeModel(this.#model.network, this.#model.record)
  }

  async segment(image: ImageInput, options?: SegmentOptions): Promise<Segmentation> {
    return this.#segment(image, parseOptions(segmentSchema, options, 'segment()'))
  }

  async *segmentAll(
    images: string | URL | Iterable<ImageInput> | AsyncIterable<ImageInput>,
    options?: SegmentOptions,
  ): AsyncGenerator<Segmentation, void> {
    const parsed = parseOptions(segmentSchema, options, 'segmentAll()')
    const folder = typeof images === 'string' || images instanceof URL
    const list = folder ? (await openFolder(images, 'train')).items.map(({ image }) => image) : images
    for await (const image of list) yield await this.#segment(image, parsed)
  }

  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const { network, record } = this.#model
    const parsed = parseOptions(evaluateSchema, options, 'evaluate()')
    const evaluation = await evaluateNetwork(network, await this.#open(parsed), parsed, record.classNames)
    return displayedAs(evaluation, () => displayText(formatEvaluation(evaluation)))
  }

  async features(image: ImageInput, options?: FeaturesOptions): Promise<Tensor> {
    const parsed = parseOptions(featuresSchema, options, 'features()')
    return this.#features(image, parsed)
  }

  async codes(image: ImageInput, options?: FeaturesOptions): Promise<Tensor> {
    const parsed = parseOptions(featuresSchema, options, 'codes()')
    const features = await this.#features(image, parsed)
    return job((_, cancel) => this.#model.network.encode(features, cancel), parsed.signal)
  }

  async correspond(
    image: ImageInput,
    other: ImageInput | null = null,
    options?: CorrespondOptions,
  ): Promise<Correspondence> {
    const context = 'correspond()'
    const { on, ...parsed } = parseOptions(correspondSchema, options, context)
    const { network } = this.#model
    const maps = on === 'codes' ? { on, source: network } : { on, source: checked(() => network.backbone) }
    return correspondWith(maps, image, other, parsed, context)
  }

  async precisionRecall(options: PrecisionRecallOptions): Promise<PrecisionRecall> {
    const parsed = parseOptions(precisionRecallSchema, options, 'precisionRecall()')
    return precisionRecall(this.#model.network, await this.#open(parsed), parsed)
  }

  async save(path: string | URL): Promise<void> {
    const { network, record } = this.#model
    const file = pathOf(path)
    await saveTensors(network, file, writeRecord(record))
  }

  dispose(): void {
    this.#model.network.dispose()
  }

  display(): Display {
    return displayRows(modelRows(this.info))
  }

  async #features(image: ImageInput, { resolution, fit, signal }: ResolvedFeaturesOptions): Promise<Tensor> {
    const backbone = checked(() => this.#model.network.backbone)
    const transform = createTransform(resolution, fit, backbone.info.patch)
    const pixels = await decodeImage(image)
    return job((_, cancel) => backbone.features([pixels], transform, cancel), signal)
  }

  /** A split for scoring, of the dataset the model was trained on unless another is named. */
  #open(
    source: Pick<ResolvedEvaluateOptions, 'data' | 'split' | 'dataset' | 'classMap' | 'crops' | 'cropRatio'>,
  ): Promise<Split> {
    const { dataset, classMap } = this.#model.record.options
    return openDataset({
      ...source,
      dataset: source.dataset ?? dataset,
      classMap: source.classMap ?? classMap,
    })
  }

  async #segment(input: ImageInput, options: ResolvedSegmentOptions): Promise<Segmentation> {
    const { network, record } = this.#model
    const { resolution, flip, crf, probabilities, signal } = options
    const transform = createTransform(resolution, 'whole', record.backbone.patch)
    const head = this.#head(options.labels)
    const image = await decodeImage(input)
    const logProbabilities = probabilities ? [head] : []
    const settings = predictOptions({
      transform,
      flip,
      crf,
      heads: [head],
      size: 'original',
      logProbabilities,
    })
    const [prediction] = await job((_, cancel) => network.predict([image], settings, cancel), signal)
    return new Segmentation({
      image,
      labels: prediction!.labels[head]!,
      classes: checked(() => (head === 'linearProbe' ? network.info.classes : network.info.clusters)),
      classNames: record.classNames,
      head,
      source: typeof input === 'string' ? input : input instanceof URL ? fileURLToPath(input) : null,
      logProbabilities: prediction!.logProbabilities[head] ?? null,
    })
  }

  #head(labels: ResolvedSegmentOptions['labels']): CodeHead {
    const heads = checked(() => this.#model.network.info.heads)
    if (labels === 'auto') return heads.includes('kmeans') ? 'kmeans' : 'clusterProbe'
    if (heads.includes(labels)) return labels
    throw new StegoError(
      'ERR_STEGO_CHECKPOINT',
      `this model has no ${labels} labels: it offers ${heads.filter((head) => !head.startsWith('baseline')).join(', ')}. ` +
        'The linear probe needs labels in training, k-means is fitted at its end.',
    )
  }
}
