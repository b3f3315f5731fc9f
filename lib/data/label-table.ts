/** From the ids a label file stores to class indices, by a table of 256 entries. */
import type { LabelMap } from '../native/index.js'

/** Pixels without a class. */
export const VOID = 255

const ENTRIES = 256

/** The table of a rule from stored ids (0..255) to classes (0..254); what the rule leaves out is void. */
export function labelTable(classOf: (id: number) => number | null | undefined): Uint8Array {
  return Uint8Array.from({ length: ENTRIES }, (_, id) => classOf(id) ?? VOID)
}

/** The same label map with every id replaced. */
export function mapLabels(labels: LabelMap, table: Uint8Array): LabelMap {
  return { ...labels, data: labels.data.map((id) => table[id]!) }
}

/** 1 where a pixel has a class of at least `least`, else 0: [width * height]. */
export function salienceOf(labels: LabelMap, least: 0 | 1): Uint8Array {
  return labels.data.map((value) => (value >= least && value !== VOID ? 1 : 0))
}
