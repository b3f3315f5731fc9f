/**
 * The training images of a run. Each is decoded and passed through the frozen backbone once, and its features are kept
 * in a store on disk or in memory. Features that are not kept are recomputed whenever a batch needs them.
 */
import type { Item, Picture, Split } from '../datasets/source.js'
import { computeTogether, fillStore } from '../features/fill.js'
import { type FeaturePlan, openStore } from '../features/plan.js'
import type { FeaturesProgress } from '../features/progress.js'
import {
  job,
  type LabelMap,
  type NativeBackbone,
  type NativeFeatureStore,
  type Pixels,
  type Transform,
} from '../native/index.js'
import { decodeRuns, encodeRuns } from './run-lengths.js'

export interface TrainingImagesOptions {
  transform: Transform
  /** Where features are stored. */
  plan: FeaturePlan
  /** Whether to read salience masks. */
  salience: boolean
  signal?: AbortSignal
}

export class TrainingImages {
  readonly store: NativeFeatureStore
  readonly #split: Split
  readonly #plan: FeaturePlan
  readonly #transform: Transform
  readonly #signal: AbortSignal | undefined
  readonly #labels: LabelCache
  readonly #salience: boolean

  constructor(split: Split, backbone: NativeBackbone, options: TrainingImagesOptions) {
    const { transform, plan, salience, signal } = options
    this.#split = split
    this.#plan = plan
    this.#transform = transform
    this.#signal = signal
    this.#labels = new LabelCache(split, transform, { salience, signal })
    this.#salience = salience
    this.store = openStore(backbone, plan)
  }

  get count(): number {
    return this.#split.items.length
  }

  /** Computes the images missing from the store, in order. Yields progress, first of what was there. */
  computeAll(): AsyncGenerator<FeaturesProgress> {
    return fillStore(this.store, this.#plan, this.#read, this.#transform, this.#signal)
  }

  /** Ensures that the features of these images are available until the next call. */
  async ensure(...lists: Int32Array[]): Promise<void> {
    const wanted = Int32Array.from(new Set(lists.flatMap((list) => [...list])))
    const missing = await job((_, cancel) => this.store.missing(wanted, cancel), this.#signal)
    if (missing.length === 0) return
    await computeTogether(this.store, missing, this.#read, this.#transform, this.#signal)
  }

  /** Label maps and salience masks, transformed like the images. Salience is undefined if the option is off. */
  async labels(
    images: Int32Array,
  ): Promise<{ labels: (LabelMap | null)[]; salience: (LabelMap | null)[] | undefined }> {
    const labels: (LabelMap | null)[] = []
    const salience: (LabelMap | null)[] = []
    for (const index of images) {
      const own = await this.#labels.get(index)
      labels.push(own.label)
      salience.push(own.salience)
    }
    return { labels, salience: this.#salience ? salience : undefined }
  }

  /** Decodes images again for augmented views. */
  async pictures(images: Int32Array): Promise<Pixels[]> {
    const pictures: Pixels[] = []
    for (const index of images) {
      this.#signal?.throwIfAborted()
      pictures.push((await this.#split.read(this.#item(index))).image)
    }
    return pictures
  }

  dispose(): void {
    this.store.dispose()
  }

  readonly #read = async (index: number): Promise<Pixels> => {
    const picture = await this.#split.read(this.#item(index))
    if (picture.label) await this.#labels.add(index, picture)
    return picture.image
  }

  #item(index: number): Item {
    return this.#split.items[index]!
  }
}

const BUDGET = 256 * 2 ** 20

/** Labels and salience of an image; null if it has none. */
export interface ImageLabels {
  label: LabelMap | null
  salience: LabelMap | null
}

interface Compressed {
  label: Packed | null
  salience: Packed | null
}

interface Packed {
  runs: Uint8Array
  width: number
  height: number
}

class LabelCache {
  readonly #split: Split
  readonly #transform: Transform
  readonly #salience: boolean
  readonly #signal: AbortSignal | undefined
  readonly #packed = new Map<number, Compressed>()
  #bytes = 0

  constructor(split: Split, transform: Transform, options: { salience: boolean; signal?: AbortSignal }) {
    this.#split = split
    this.#transform = transform
    this.#salience = options.salience
    this.#signal = options.signal
  }

  /** Returns the labels of an image from memory or its file. Throws as `split.read` does. */
  async get(index: number): Promise<ImageLabels> {
    const item = this.#split.items[index]!
    if (item.label === null) return { label: null, salience: null }
    const packed = this.#packed.get(index)
    if (packed) return { label: unpack(packed.label), salience: unpack(packed.salience) }
    this.#signal?.throwIfAborted()
    return this.add(index, await this.#split.read(item))
  }

  /** Caches the labels of a decoded image. */
  async add(index: number, { image, label, salience }: Picture): Promise<ImageLabels> {
    const { width, height } = image
    const labels = {
      label: label && (await this.#transformed(label)),
      salience:
        this.#salience && salience ? await this.#transformed({ data: salience, width, height }) : null,
    }
    if (this.#bytes < BUDGET && !this.#packed.has(index)) {
      const packed = { label: pack(labels.label), salience: pack(labels.salience) }
      this.#packed.set(index, packed)
      this.#bytes += (packed.label?.runs.length ?? 0) + (packed.salience?.runs.length ?? 0)
    }
    return labels
  }

  #transformed(map: LabelMap): Promise<LabelMap> {
    return job((native) => native.transformBytes(map, 1, this.#transform), this.#signal)
  }
}

const pack = (map: LabelMap | null): Packed | null =>
  map && { runs: encodeRuns(map.data), width: map.width, height: map.height }

const unpack = (packed: Packed | null): LabelMap | null => {
  if (!packed) return null
  const { runs, width, height } = packed
  return { data: decodeRuns(runs, width * height), width, height }
}
