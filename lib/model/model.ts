/** A trained model at work: what `Stego` does, loaded when there is a model to do it with. */
import { orAborted } from '../abort.js'
import { type Correspondence, correspondWith } from '../correspond/correspond.js'
import { type CorrespondOptions, correspondSchema } from '../correspond/options.js'
import { listSplits, openDataset } from '../datasets/dataset.js'
import { openFolder } from '../datasets/folder.js'
import { surveyWarning } from '../datasets/label-words.js'
import type { Split } from '../datasets/source.js'
import { surveySplit } from '../datasets/survey.js'
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
import { isBadImage } from '../images/bad-image.js'
import { type DecodeOptions, decodeImage } from '../images/decode.js'
import { type ImageInput, pathOfImage } from '../images/input.js'
import type { PixelRule } from '../images/samples.js'
import { createTransform } from '../images/transform.js'
import { type CodeHead, checked, type Device, job, type Tensor } from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { pathOf } from '../options/path.js'
import { type Display, displayedAs, displayRows, displayText } from '../output/notebook.js'
import { Segmentation } from '../output/segmentation.js'
import type { TrainingEvent } from '../training/events.js'
import { parseTrain, type TrainOptions } from '../training/input.js'
import { type TrainedModel, train } from '../training/run.js'
import { isUrl } from '../values.js'
import {
  classNamesOf,
  describeModel,
  type ModelInfo,
  modelPath,
  readModel,
  writeRecord,
} from '../weights/model-file.js'
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
  type SegmentAllOptions,
  type SegmentOptions,
  segmentAllSchema,
  segmentSchema,
} from './options.js'
import { modelRows } from './rows.js'

/** Trains as `Stego.train` says. The first `next()` checks the options. */
export async function* trainModel(input: TrainOptions): AsyncGenerator<TrainingEvent, Model> {
  return new Model(yield* train(parseTrain(input)))
}

/** Reads a model as `Stego.load` says. */
export async function loadModel(source: string | URL, options?: LoadOptions): Promise<Model> {
  const { dtype, device, signal, onProgress } = parseOptions(loadSchema, options, 'Stego.load()')
  const name = pathOf(source)
  const isPublished = findPublished(name)?.kind === 'model'
  const path = isPublished ? (await resolveWeights(name, { signal, onProgress })).path : name
  return new Model(await readModel(modelPath(path), { dtype, device, signal }))
}

/** Options that say how pixels are read. */
type PixelOptions = Pick<ResolvedSegmentOptions, 'range' | 'bands' | 'maxPixels'>
const SOURCE_KEYS = [
  'data',
  'split',
  'dataset',
  'classMap',
  'ignoreLabel',
  'recursive',
  'crops',
  'cropRatio',
] as const

/** The methods are those of `Stego`, which documents them. */
export class Model {
  readonly #model: TrainedModel

  constructor(model: TrainedModel) {
    this.#model = model
  }

  get info(): ModelInfo {
    const { network, record, device } = this.#model
    return describeModel(network, record, device)
  }

  get device(): Device {
    return this.#model.device.device
  }

  async segment(image: ImageInput, options?: SegmentOptions): Promise<Segmentation> {
    return await this.#segment(image, parseOptions(segmentSchema, options, 'segment()'))
  }

  async *segmentAll(
    images: string | URL | Iterable<ImageInput> | AsyncIterable<ImageInput>,
    options?: SegmentAllOptions,
  ): AsyncGenerator<Segmentation, void> {
    const { recursive, onBadImage, onSkipped, ...parsed } = parseOptions(
      segmentAllSchema,
      options,
      'segmentAll()',
    )
    const list =
      typeof images === 'string' || isUrl(images)
        ? (await openFolder(images, 'train', recursive)).items.map(({ image }) => image)
        : images
    for await (const image of list) {
      try {
        yield await this.#segment(image, parsed)
      } catch (error) {
        if (onBadImage === 'fail' || !isBadImage(error)) throw error
        onSkipped?.({ image: pathOfImage(image) ?? 'an image in memory', reason: error.message })
      }
    }
  }

  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const { network, record } = this.#model
    const parsed = parseOptions(evaluateSchema, options, 'evaluate()')
    const { classes } = checked(() => network.info)
    const opened = await this.#openLabeled(parsed)
    const { split, labels, skipped, notes } = await surveySplit(opened, { ...parsed, classes })
    const scores = await evaluateNetwork(network, split, parsed, record.classNames)
    const warning = labels && surveyWarning(labels, record.classNames)
    const told = [...notes, ...(warning === null ? [] : [warning]), ...this.info.notes]
    const evaluation: Evaluation = { ...scores, labels, skipped, notes: told }
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
    const { network, device: inUse } = this.#model
    const { device } = inUse
    const maps =
      on === 'codes'
        ? { on, source: network, device }
        : { on, source: checked(() => network.backbone), device }
    return correspondWith(maps, image, other, parsed, context)
  }

  async precisionRecall(options: PrecisionRecallOptions): Promise<PrecisionRecall> {
    const parsed = parseOptions(precisionRecallSchema, options, 'precisionRecall()')
    return precisionRecall(this.#model.network, await this.#openLabeled(parsed), parsed)
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

  async #features(image: ImageInput, options: ResolvedFeaturesOptions): Promise<Tensor> {
    const { resolution, fit, maxPatches, signal } = options
    const backbone = checked(() => this.#model.network.backbone)
    const transform = { ...createTransform(resolution, fit, backbone.info.patch), maxPatches }
    const pixels = await orAborted(decodeImage(image, this.#decoding(options)), signal)
    return job((_, cancel) => backbone.features([pixels], transform, cancel), signal)
  }

  /** A split for scoring, of the dataset the model was trained on unless another is named. */
  async #openLabeled(
    source: Pick<ResolvedEvaluateOptions, (typeof SOURCE_KEYS)[number] | keyof PixelOptions>,
  ): Promise<Split> {
    const { dataset, classMap, ignoreLabel } = this.#model.record.options
    const { rule, maxPixels } = this.#decoding(source)
    const request = {
      ...source,
      ...rule,
      maxPixels,
      dataset: source.dataset ?? dataset,
      classMap: source.classMap ?? classMap,
      ignoreLabel: source.ignoreLabel ?? ignoreLabel,
    }
    const [only, ...others] = await listSplits(request)
    // A folder without splits, and without labels for that reason.
    const name =
      others.length === 0 && request.split !== only && source.split === 'val' ? only! : source.split
    const split = await openDataset({ ...request, split: name })
    if (split.labeled > 0) return split
    throw new StegoError(
      'ERR_STEGO_DATA_EMPTY',
      `there are no label maps for the split "${name}" of ${source.data}, so there is nothing to score. Put them into ` +
        `labels/${name}/ beside imgs/${name}/, as PNG files with the names of their images.`,
    )
  }

  /** How images are decoded: as in training, unless an option says otherwise. */
  #decoding({ range, bands, maxPixels }: PixelOptions): DecodeOptions & { rule: PixelRule } {
    const { options, pixels } = this.#model.record
    const measured = range === null ? (pixels ?? undefined) : undefined
    return { rule: { range: range ?? options.range, bands: bands ?? options.bands, measured }, maxPixels }
  }

  async #segment(input: ImageInput, options: ResolvedSegmentOptions): Promise<Segmentation> {
    const { network, record } = this.#model
    const { resolution, flip, crf, probabilities, maxPatches, signal } = options
    const transform = { ...createTransform(resolution, 'whole', record.backbone.patch), maxPatches }
    const head = this.#head(options.labels)
    const image = await orAborted(decodeImage(input, this.#decoding(options)), signal)
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
      classNames: classNamesOf(record, head),
      head,
      source: pathOfImage(input),
      notes: [...(image.notes ?? []), ...this.info.notes],
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
