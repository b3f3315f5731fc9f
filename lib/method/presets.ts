/**
 * The official hyper-parameters by dataset and backbone (train_config.yml and the comments in it;
 * docs/method-constants.md#weights-and-shifts). The block that is active in that file is of another dataset
 * than it names and is not among them.
 */
import type { DatasetName } from '../datasets/options.js'
import type { PairValues } from '../native/index.js'

/** Options that were tuned together. The shifts are valid only for this backbone. */
export interface Preset {
  /** Source of the values. */
  origin: string
  /** Options for `Stego.train()`. */
  options: {
    dataset: DatasetName
    classes: number
    backbone: string
    crops: 'five' | null
    dim: number
    steps: number
    batch: number
    position: 'keep'
    weights: PairValues
    shifts: PairValues
  }
}

const SCHEDULE = { steps: 5000, batch: 16, position: 'keep' } as const

const presets = {
  'cocostuff27-vits8': {
    origin: 'train_config.yml, comment "Cocostuff27 vit small 1/31/22"',
    options: {
      dataset: 'cocostuff27',
      classes: 27,
      backbone: 'dino-vits8',
      crops: 'five',
      dim: 70,
      ...SCHEDULE,
      weights: { self: 0.67, knn: 0.25, random: 0.63 },
      shifts: { self: 0.08, knn: 0.02, random: 0.66 },
    },
  },
  'cocostuff27-vitb8': {
    origin: 'train_config.yml, comment "Cocostuff27 10/3 vit_base"; dim of the published checkpoint',
    options: {
      dataset: 'cocostuff27',
      classes: 27,
      backbone: 'dino-vitb8',
      crops: 'five',
      dim: 90,
      ...SCHEDULE,
      weights: { self: 0.1, knn: 1, random: 0.1538476246415498 },
      shifts: { self: 0.12, knn: 0.2, random: 1 },
    },
  },
  'cityscapes-vitb8': {
    origin: 'train_config.yml, comment "Cityscapes 10/3"; dim of the published checkpoint',
    options: {
      dataset: 'cityscapes',
      classes: 27,
      backbone: 'dino-vitb8',
      crops: 'five',
      dim: 100,
      ...SCHEDULE,
      weights: { self: 1, knn: 0.577453483136995, random: 0.9058762625226623 },
      shifts: { self: 0.45828472207, knn: 0.1754346515479633, random: 0.31361241889448443 },
    },
  },
  'potsdam-vits8': {
    origin: 'train_config.yml, comment "Potsdam vit small 1/31/22"',
    options: {
      dataset: 'potsdam',
      classes: 3,
      backbone: 'dino-vits8',
      crops: null,
      dim: 70,
      ...SCHEDULE,
      weights: { self: 0.67, knn: 0.25, random: 0.63 },
      shifts: { self: 0.08, knn: 0.02, random: 0.46 },
    },
  },
} as const satisfies Record<string, Preset>

/** The name of a preset. */
export type PresetName = keyof typeof presets

/** The presets by name. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = presets

export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]]

/**
 * Fills in options from the preset they name. Given options take precedence. If another backbone is given without
 * shifts, shifts are chosen from the data, since a preset's shifts collapse the codes of other backbones
 * (docs/method-constants.md#shifts-from-the-data).
 */
export function withPreset(input: Record<string, unknown>): Record<string, unknown> {
  const preset = typeof input.preset === 'string' && isPreset(input.preset) ? PRESETS[input.preset] : null
  if (!preset) return input
  const { backbone, shifts, weights, ...others } = preset.options
  const own = input.backbone === undefined || input.backbone === backbone
  return {
    ...others,
    backbone,
    shifts: own ? shifts : 'auto',
    ...defined(input),
    weights: isObject(input.weights) ? { ...weights, ...input.weights } : (input.weights ?? weights),
    ...(isObject(input.shifts) && own ? { shifts: { ...shifts, ...input.shifts } } : {}),
  }
}

const isPreset = (name: string): name is PresetName => Object.hasOwn(PRESETS, name)

const isObject = (value: unknown): value is object =>
  Object.prototype.toString.call(value) === '[object Object]'

const defined = (input: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
