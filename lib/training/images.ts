/**
 * The training images of a run: each is decoded and passed through the frozen backbone once, and kept as features
 * within a byte budget. Images beyond the budget are decoded and computed again whenever a batch needs them.
 */
import type { Split } from '../data/split.js'
import {
  checked,
  job,
  type LabelMap,
  type NativeBackbone,
  type NativeFeatureStore,
  type Pixels,
  type Transform,
} from '../native.js'

/** Images decoded and computed together in the first pass. */
const CHUNK = 8

export interface TrainingImagesOptions {
  transform: Transform
  /** Memory for features. */
  cacheBytes: number
  /** Whether each image is kept as a small picture too, for the contrastive CRF. */
  pictures: boolean
  /** Whether salience masks are read. */
  salience: boolean
  signal?: AbortSignal
}

export class TrainingImages {
  readonly store: NativeFeatureStore
  readonly #split: Split
  readonly #transform: Transform
  readonly #signal: AbortSignal | undefined
  readonly #kept: boolean[]
  readonly #labels = new Map<number, LabelMap | null>()
  /** Absent where positions are drawn without salience. */
  readonly #salience: Map<number, LabelMap | null> | null

  constructor(split: Split, backbone: NativeBackbone, options: TrainingImagesOptions) {
    this.#split = split
    this.#transform = options.transform
    this.#signal = options.signal
    this.#kept = split.items.map(() => false)
    this.#salience = options.salience ? new Map() : null
    const { cacheBytes: budgetBytes, pictures } = options
    this.store = checked(
      (native) => new native.FeatureStore(backbone, split.items.length, { budgetBytes, pictures }),
    )
  }

  get count(): number {
    return this.#split.items.length
  }

  /** Computes all images once, in order; yields how many are done. */
  async *computeAll(): AsyncGenerator<{ done: number; kept: number; bytes: number }> {
    for (let first = 0; first < this.count; first += CHUNK) {
      const length = Math.min(CHUNK, this.count - first)
      await this.#compute(Int32Array.from({ length }, (_, i) => first + i))
      const { kept, bytes } = checked(() => this.store.info)
      yield { done: first + length, kept, bytes }
    }
  }

  /** Sees to it that the features of these images are in memory until the next call. */
  async ensure(...lists: Int32Array[]): Promise<void> {
    const missing = new Set(lists.flatMap((list) => [...list]).filter((index) => !this.#kept[index]))
    if (missing.size > 0) await this.#compute(Int32Array.from(missing))
  }

  /** Label maps of images that `ensure` was called with, transformed as the images are. */
  labels(images: Int32Array): (LabelMap | null)[] {
    return [...images].map((index) => this.#labels.get(index) ?? null)
  }

  /** The same of the dataset's salience masks; undefined without salience. */
  salience(images: Int32Array): (LabelMap | null)[] | undefined {
    const masks = this.#salience
    return masks ? [...images].map((index) => masks.get(index) ?? null) : undefined
  }

  /** Decodes images once more, for augmented views. */
  async pictures(images: Int32Array): Promise<Pixels[]> {
    const pictures: Pixels[] = []
    for (const index of images) {
      this.#signal?.throwIfAborted()
      pictures.push((await this.#split.read(this.#split.items[index]!)).image)
    }
    return pictures
  }

  dispose(): void {
    this.store.dispose()
    this.#labels.clear()
    this.#salience?.clear()
  }

  async #compute(indices: Int32Array): Promise<void> {
    const images: Pixels[] = []
    for (const index of this.#labels.keys()) {
      if (this.#kept[index]) continue
      this.#labels.delete(index)
      this.#salience?.delete(index)
    }
    for (const index of indices) {
      this.#signal?.throwIfAborted()
      const { image, label, salience } = await this.#split.read(this.#split.items[index]!)
      images.push(image)
      this.#labels.set(index, label && (await this.#transformed(label)))
      const { width, height } = image
      this.#salience?.set(index, salience && (await this.#transformed({ data: salience, width, height })))
    }
    const kept = await job(
      (_, cancel) => this.store.compute(indices, images, this.#transform, cancel),
      this.#signal,
    )
    for (const [place, index] of indices.entries()) this.#kept[index] = kept[place]!
  }

  #transformed(map: LabelMap): Promise<LabelMap> {
    return job((native) => native.transformBytes(map, 1, this.#transform), this.#signal)
  }
}
