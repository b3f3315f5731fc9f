/** Counts of predicted against true classes, from which all scores are made. */
import { StegoError } from '../errors.js'

/** Counts of labelled pixels by predicted row and true column. */
export interface ConfusionMatrix {
  rows: number
  columns: number
  /** Row-major whole numbers, [rows, columns]. */
  counts: Float64Array
}

/** The rows of a matrix as plain numbers, [rows][columns]. */
export function toRows({ rows, columns, counts }: ConfusionMatrix): number[][] {
  return Array.from({ length: rows }, (_, row) => [...counts.subarray(row * columns, (row + 1) * columns)])
}

/** Throws `ERR_STEGO_ARGUMENT` where the counts are not rows * columns. */
export function requireCounts({ rows, columns, counts }: ConfusionMatrix): void {
  if (counts.length === rows * columns) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `a matrix of ${rows} x ${columns} must have ${rows * columns} counts, received ${counts.length}. ` +
      'Give the counts row by row.',
  )
}

/** Throws `ERR_STEGO_ARGUMENT` where the matrix is not square or its length is not rows * columns. */
export function requireSquare(confusion: ConfusionMatrix): void {
  const { rows, columns, counts } = confusion
  if (rows === columns && counts.length === rows * columns) return
  throw new StegoError(
    'ERR_STEGO_ARGUMENT',
    `classes are scored on a square matrix, received one of ${rows} x ${columns} with ${counts.length} counts. ` +
      'Count predictions and labels over the same classes.',
  )
}
