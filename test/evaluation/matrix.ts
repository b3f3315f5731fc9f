/** Confusion matrices as they are written down. */
import type { ConfusionMatrix } from '../../lib/evaluation/confusion.js'

/** Rows predicted, columns true. */
export function matrix(rows: number[][]): ConfusionMatrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, counts: Float64Array.from(rows.flat()) }
}
