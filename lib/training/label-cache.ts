/**
 * Label maps and salience masks of training images, as the network's input is cut. They are needed again and again and
 * compress to a fraction, so they stay in memory, compressed, up to a byte budget; what lies beyond is read again.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Picture, Split } from '../data/split.js'
import { job, type LabelMap, type Transform } from '../native/index.js'

const BUDGET = 256 * 2 ** 20
/** Of zlib; label maps are large areas of one value, which the fastest level already finds. */
const LEVEL = 1

/** Labels and salience of one image; null where it has none. */
export interface ImageLabels {
  label: LabelMap | null
  salience: LabelMap | null
}

interface Compressed {
  label: Packed | null
  salience: Packed | null
}

interface Packed {
  bytes: Buffer
  width: number
  height: number
}

export class LabelCache {
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

  /** Labels of an image, from memory or its file. Throws as `split.read` does. */
  async get(index: number): Promise<ImageLabels> {
    const item = this.#split.items[index]!
    if (item.label === null) return { label: null, salience: null }
    const packed = this.#packed.get(index)
    if (packed) return { label: unpack(packed.label), salience: unpack(packed.salience) }
    this.#signal?.throwIfAborted()
    return this.add(index, await this.#split.read(item))
  }

  /** Takes the labels of an image that was decoded. */
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
      this.#bytes += (packed.label?.bytes.length ?? 0) + (packed.salience?.bytes.length ?? 0)
    }
    return labels
  }

  #transformed(map: LabelMap): Promise<LabelMap> {
    return job((native) => native.transformBytes(map, 1, this.#transform), this.#signal)
  }
}

const pack = (map: LabelMap | null): Packed | null =>
  map && { bytes: deflateRawSync(map.data, { level: LEVEL }), width: map.width, height: map.height }

const unpack = (packed: Packed | null): LabelMap | null =>
  packed && { data: inflateRawSync(packed.bytes), width: packed.width, height: packed.height }
