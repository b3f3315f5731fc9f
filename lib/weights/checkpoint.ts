/**
 * Converts checkpoints of the official STEGO and of leggedrobotics' fork to records, using their stored configuration
 * (docs/method-constants.md#checkpoints). Tensors take precedence where possible: code dimension, projection,
 * patch size.
 */
import { factsOf } from '../datasets/facts.js'
import type { TensorEntry } from '../formats/tensor-file.js'
import { type ResolvedRunOptions, trainSchema } from '../method/train-options.js'
import type { Found, ModelLayout } from './names.js'
import type { ModelRecord } from './record.js'
import type { NameMap } from './tensors.js'

/** Attention heads of DINO models. */
const HEADS = new Map<unknown, number>([
  ['vit_tiny', 3],
  ['vit_small', 6],
  ['vit_base', 12],
  ['vit_large', 16],
])

type Config = Record<string, unknown>

/** The parts of a checkpoint besides tensors that are read. */
export interface CheckpointValues {
  hyper_parameters?: { n_classes?: unknown; cfg?: unknown }
  global_step?: unknown
  /** DINO's training arguments. */
  args?: { arch?: unknown }
}

/** Returns the record of a checkpoint, or a sentence on why it is not supported. */
export function describeCheckpoint(
  { layout, names, foreign }: Found<ModelLayout>,
  tensors: TensorEntry[],
  values: CheckpointValues,
): ModelRecord | string {
  const config = isConfig(values.hyper_parameters?.cfg) ? values.hyper_parameters.cfg : {}
  const problem = unsupported(config, layout, foreign)
  if (problem) return problem
  const shapes = shapesOf(names, tensors)
  const [dim, width] = shapes['net.cluster1.0.weight'] ?? []
  const patch = shapes['net.model.patch_embed.proj.weight']?.[2]
  const clusters = shapes['cluster_probe.clusters']?.[0]
  const classes =
    integer(values.hyper_parameters?.n_classes) ??
    shapes['linear_probe.weight']?.[0] ??
    (clusters === undefined ? undefined : clusters - (integer(config.extra_clusters) ?? 0))
  if (dim === undefined || width === undefined || patch === undefined || classes === undefined) {
    return 'its tensors do not have the shapes of a STEGO model'
  }
  if (classes < 2 || classes > 255) return `it has ${classes} classes, but 2 to 255 are supported`
  const type = layout === 'official' ? config.model_type : config.backbone_type
  const name = text(config.pretrained_weights) ?? `${text(type) ?? `vit, ${width} wide`}, patch ${patch}`
  const projection = 'net.cluster2.0.weight' in shapes ? 'nonlinear' : 'linear'
  const options = translate({
    ...optionsOf(config),
    classes,
    extraClusters: Math.max(0, (clusters ?? classes) - classes),
    dim,
    projection,
    backbone: name,
  })
  const backbone = Object.entries(shapes).filter(([tensor]) => tensor.startsWith('net.model.'))
  const parameters = backbone.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const heads = headsOf(type) || Math.max(1, Math.floor(width / 64))
  const depth = backbone.filter(([tensor]) => tensor.endsWith('.norm1.weight')).length
  return {
    format: 2,
    step: Math.max(0, integer(values.global_step) ?? 0),
    options,
    shifts: options.shifts === 'auto' ? null : options.shifts,
    backbone: { name, dim: width, patch, depth, heads, parameters },
    position: null,
    pixels: null,
    images: { train: 0, labeled: 0 },
    classNames: namesOf(options),
    assignment: null,
  }
}

/**
 * Names of values in the record of a checkpoint that it does not hold, such as `step` or `options.seed`: defaults stand in
 * for them.
 */
export function assumedIn(layout: ModelLayout, values: CheckpointValues): string[] {
  const config = isConfig(values.hyper_parameters?.cfg) ? values.hyper_parameters.cfg : {}
  const type = layout === 'official' ? config.model_type : config.backbone_type
  const held = new Set(Object.keys(validOptions(optionsOf(config))))
  // The tensors show these.
  for (const key of ['classes', 'extraClusters', 'dim', 'projection', 'backbone']) held.add(key)
  if (text(config.dataset_name) === undefined) held.delete('data')
  const options = Object.keys(trainSchema.shape).filter((key) => !held.has(key))
  return [
    ...(integer(values.global_step) === undefined ? ['step'] : []),
    'images',
    ...(headsOf(type) === 0 ? ['backbone.heads'] : []),
    ...options.map((key) => `options.${key}`),
  ]
}

/** Class names, if the checkpoint's dataset is known. */
function namesOf({ dataset, classes }: ResolvedRunOptions): string[] | null {
  const facts = factsOf(dataset)
  return facts?.classes === classes ? facts.classNames : null
}

/** Number of attention heads of a model by name; 0 if unknown. */
export function headsOf(type: unknown): number {
  return HEADS.get(type) ?? 0
}

function unsupported(config: Config, layout: ModelLayout, foreign: string[]): string | null {
  const architecture = layout === 'official' ? config.arch : config.backbone
  if (architecture !== undefined && architecture !== 'dino') {
    return `its backbone is "${architecture}", but only DINO's ViT is supported`
  }
  if (foreign.length > 0) return `its backbone has ${foreign[0]}, which is not part of DINO's ViT`
  return null
}

/** Converts official keys, or the fork's, to our options; undefined for missing keys. */
function optionsOf(config: Config): Record<string, unknown> {
  const shifts = {
    self: config.pos_intra_shift,
    knn: config.pos_inter_shift,
    random: config.neg_inter_shift,
  }
  return {
    data: text(config.dataset_name) ?? 'unknown',
    dataset: config.dataset_name,
    crops: config.crop_type,
    cropRatio: config.crop_ratio,
    steps: config.max_steps,
    batch: config.batch_size,
    resolution: config.res,
    fit: { center: 'center', null: 'squash' }[String(config.loader_crop_type)],
    neighbors: config.num_neighbors,
    shifts: Object.values(shifts).every((shift) => typeof shift === 'number') ? shifts : 'auto',
    weights: {
      self: config.pos_intra_weight,
      knn: config.pos_inter_weight,
      random: config.neg_inter_weight,
    },
    learningRates: { head: config.lr, linearProbe: config.linear_lr, clusterProbe: config.cluster_lr },
    correspondenceWeight: config.correspondence_weight,
    reconstruction: { weight: config.rec_weight },
    alignment: { weight: config.aug_alignment_weight, axes: 'official' },
    contrastiveCrf: {
      weight: config.crf_weight,
      samples: config.crf_samples,
      alpha: config.alpha,
      beta: config.beta,
      gamma: config.gamma,
      bilateral: config.w1,
      gaussian: config.w2,
      shift: config.shift,
    },
    position: 'keep',
    featureKind: { feat: 'feat', KK: 'keys' }[String(config.dino_feat_type)],
    salience: config.use_salience,
    oracle: config.use_true_labels,
    resetProbesAt: config.reset_probe_steps,
    centering: config.pointwise === false ? 'none' : 'official',
    zeroClamp: config.zero_clamp,
    stabilize: config.stabalize,
    featureSamples: config.feature_samples,
    negativeSamples: config.neg_samples,
    dropout: config.dropout_p,
    featureDropout: config.dropout,
  }
}

/** Fills in defaults for options that are missing or not supported here (such as a batch of one). */
function translate(given: Record<string, unknown>): ResolvedRunOptions {
  return trainSchema.parse(validOptions(given))
}

/** The options that are given and supported. */
function validOptions(given: Record<string, unknown>): Record<string, unknown> {
  const valid = Object.entries(given).filter(
    ([key, value]) =>
      isGiven(value) && trainSchema.shape[key as keyof ResolvedRunOptions].safeParse(value).success,
  )
  return Object.fromEntries(valid)
}

const isGiven = (value: unknown): boolean =>
  isConfig(value) ? Object.values(value).some(isGiven) : value !== undefined

function shapesOf(names: NameMap, tensors: TensorEntry[]): Record<string, number[]> {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]))
  return Object.fromEntries(
    Object.entries(names).map(([ours, theirs]) => [ours, shapes.get(String(theirs))!]),
  )
}

function isConfig(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function integer(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 ? value : undefined
}
