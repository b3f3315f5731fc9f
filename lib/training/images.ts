/**
 * The training images of a run: each is decoded and passed through the frozen backbone once, and kept as features
 * within a byte budget. Images beyond the budget are decoded and computed again whenever a batch needs them.
 */
import { decodeImage, decodeLabels } from '../data/decode.js'
import type { Item } from '../data/folder.js'
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

export class TrainingImages {
  readonly store: NativeFeatureStore
  readonly #items: Item[]
  readonly #transform: Transform
  readonly #signal: AbortSignal | undefined
  readonly #kept: boolean[]
  readonly #labels = new Map<number, LabelMap | null>()

  constructor(
    items: Item[],
    backbone: NativeBackbone,
    options: { transform: Transform; cacheBytes: number; signal?: AbortSignal },
  ) {
    this.#items = items
    this.#transform = options.transform
    this.#signal = options.signal
    this.#kept = items.map(() => false)
    this.store = checked((native) => new native.FeatureStore(backbone, items.length, options.cacheBytes))
  }

  get count(): number {
    return this.#items.length
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

  /** The images whose features stay in memory. */
  kept(): Int32Array {
    return Int32Array.from(this.#kept.flatMap((kept, index) => (kept ? [index] : [])))
  }

  dispose(): void {
    this.store.dispose()
    this.#labels.clear()
  }

  async #compute(indices: Int32Array): Promise<void> {
    const images: Pixels[] = []
    for (const index of this.#labels.keys()) {
      if (!this.#kept[index]) this.#labels.delete(index)
    }
    for (const index of indices) {
      this.#signal?.throwIfAborted()
      const item = this.#items[index]!
      const image = await decodeImage(item.image)
      images.push(image)
      this.#labels.set(index, item.label === null ? null : await this.#label(item.label, image))
    }
    const kept = await job(
      (_, cancel) => this.store.compute(indices, images, this.#transform, cancel),
      this.#signal,
    )
    for (const [place, index] of indices.entries()) this.#kept[index] = kept[place]!
  }

  async #label(path: string, size: { width: number; height: number }): Promise<LabelMap> {
    const label = await decodeLabels(path, size)
    return job((native) => native.transformBytes(label, 1, this.#transform), this.#signal)
  }
}
