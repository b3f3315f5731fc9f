/** Looks at all label maps of a split: which ids occur, what they mean, and whether that can be what was meant. */
import { readLabelIds } from '../images/label-map.js'
import { readAhead } from '../images/read-ahead.js'
import { fingerprintImages } from './fingerprint.js'
import { VOID } from './labels.js'
import type { OwnFolder, Split } from './source.js'
import { remembered } from './survey-cache.js'

/** How often an id occurs. */
export interface IdCount {
  /** As stored in the label maps. */
  id: number
  /** Pixels with it. */
  pixels: number
  /** Label maps with it. */
  images: number
  /** The class it means; null for void. */
  class: number | null
}

/** What the label maps of a split hold. */
export interface LabelSurvey {
  /** Name of the split. */
  split: string
  /** Number of label maps. */
  images: number
  /** Their pixels, without those of ids that are void by intention. */
  pixels: number
  /** Those of them that have no class. */
  void: number
  /** Ids, the most frequent first; at most 64 of them. */
  ids: IdCount[]
  /** Number of ids that occur. */
  idCount: number
  /** Pixels of each class, [classes]. */
  classes: number[]
}

type Counts = [id: number, pixels: number, images: number][]

const LISTED = 64
const AHEAD = 4

export interface LabelLook {
  /** Classes 0 to this number, exclusive, are valid. */
  classes: number
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

/**
 * Surveys the label maps of a folder of one's own.
 * Rejects as `decodeLabels` does for one that cannot be read.
 */
export async function surveyLabels(
  split: Split,
  own: OwnFolder,
  look: LabelLook,
): Promise<LabelSurvey | null> {
  const labels = [...new Set(split.items.flatMap(({ label }) => (label === null ? [] : [label])))]
  if (labels.length === 0) return null
  const files = labels.map((image) => ({ name: '', image }))
  const prints = await fingerprintImages(files, look.signal)
  const counts = await remembered(['labels', prints], () => countIds(labels, look))
  return summarize(split.name, labels.length, counts, own, look.classes)
}

async function countIds(labels: string[], { signal, onProgress }: LabelLook): Promise<Counts> {
  const pixels = new Map<number, number>()
  const images = new Map<number, number>()
  let done = 0
  for await (const map of readAhead(labels, readLabelIds, AHEAD)) {
    signal?.throwIfAborted()
    const counts = new Uint32Array(map.data.BYTES_PER_ELEMENT === 1 ? 2 ** 8 : 2 ** 16)
    for (const id of map.data) counts[id]! += 1
    for (const [id, count] of counts.entries()) {
      if (count === 0) continue
      pixels.set(id, (pixels.get(id) ?? 0) + count)
      images.set(id, (images.get(id) ?? 0) + 1)
    }
    done++
    onProgress?.(done, labels.length)
  }
  return [...pixels].map(([id, count]) => [id, count, images.get(id)!])
}

function summarize(
  split: string,
  images: number,
  counts: Counts,
  { table, ignored }: OwnFolder,
  classes: number,
): LabelSurvey {
  const classOf = (id: number) => {
    const mapped = table ? (table[id] ?? VOID) : id
    return mapped < classes ? mapped : null
  }
  const known = counts
    .filter(([id]) => !ignored.includes(id))
    .map(([id, pixels, count]): IdCount => ({ id, pixels, images: count, class: classOf(id) }))
    .sort((a, b) => b.pixels - a.pixels || a.id - b.id)
  const perClass = Array.from({ length: classes }, () => 0)
  let pixels = 0
  let nothing = 0
  for (const { pixels: count, class: index } of known) {
    pixels += count
    if (index === null) nothing += count
    else perClass[index]! += count
  }
  return {
    split,
    images,
    pixels,
    void: nothing,
    ids: known.slice(0, LISTED),
    idCount: known.length,
    classes: perClass,
  }
}
