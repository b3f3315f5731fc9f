/**
 * The linear assignment problem: which rows to pair with which columns to maximize a sum. Shortest augmenting
 * paths for rectangular matrices (D. F. Crouse, "On implementing 2D rectangular assignment algorithms", IEEE
 * Transactions on Aerospace and Electronic Systems 52(4), 2016), in cubic time.
 */

/**
 * Pairs rows with columns, one to one and as many as the smaller dimension has, so that the sum of the paired
 * values is maximal. Of several optima it chooses the same as scipy's `linear_sum_assignment`, on which the
 * official mean IoU depends (utils.py UnsupervisedMetrics): the smaller dimension is given partners one after
 * the other, and of equally near partners a free one is preferred to a taken one, otherwise the one found
 * first.
 * @param values row-major, [rows, columns], finite. The optimum is exact for whole numbers up to 2^51 divided
 * by the smaller of rows and columns
 * @returns the column of each row, -1 for a row without one, [rows]
 */
export function assignRows(values: Float64Array, rows: number, columns: number): Int32Array {
  if (rows <= columns) return new Pairing(values, rows, columns, columns, 1).solve()
  const columnOf = new Int32Array(rows).fill(-1)
  const rowOf = new Pairing(values, columns, rows, 1, columns).solve()
  for (const [column, row] of rowOf.entries()) columnOf[row] = column
  return columnOf
}

/** Result of a search for a free column. */
interface Search {
  /** The free column that was found, and its distance. */
  sink: number
  distance: number
}

/** A pairing of every row with a column, built row by row. There must be at least as many columns as rows. */
class Pairing {
  readonly #columnOf: Int32Array
  readonly #rowOf: Int32Array
  /** Prices: the cost of a pair minus both is never below 0, and 0 for existing pairs. */
  readonly #rowPrice: Float64Array
  readonly #columnPrice: Float64Array
  /** Of the current search: the shortest distance to each column, and the row before it on that path. */
  readonly #distance: Float64Array
  readonly #before: Int32Array
  /** Columns; those that the current search has not settled yet come first. */
  readonly #pending: Int32Array
  readonly #cost: (row: number, column: number) => number

  /** A value is at `row * rowStride + column * columnStride`. */
  constructor(values: Float64Array, rows: number, columns: number, rowStride: number, columnStride: number) {
    this.#columnOf = new Int32Array(rows).fill(-1)
    this.#rowOf = new Int32Array(columns).fill(-1)
    this.#rowPrice = new Float64Array(rows)
    this.#columnPrice = new Float64Array(columns)
    this.#distance = new Float64Array(columns)
    this.#before = new Int32Array(columns)
    this.#pending = new Int32Array(columns)
    this.#cost = (row, column) => -values[row * rowStride + column * columnStride]!
  }

  /** The column of each row. */
  solve(): Int32Array {
    for (let row = 0; row < this.#columnOf.length; row++) {
      const settled = new Set<number>()
      const search = this.#search(row, settled)
      this.#reprice(row, settled, search.distance)
      this.#flip(row, search.sink)
    }
    return this.#columnOf
  }

  /**
   * Finds the nearest free column over paths that leave and rejoin pairs; `settled` collects the columns
   * passed.
   */
  #search(start: number, settled: Set<number>): Search {
    const columns = this.#rowOf.length
    // Last first, so that the pairing of equal values is the identity.
    for (let i = 0; i < columns; i++) this.#pending[i] = columns - 1 - i
    this.#distance.fill(Number.POSITIVE_INFINITY)
    let row = start
    let reached = 0
    for (let pending = columns; ; ) {
      const place = this.#nearest(row, reached, pending)
      const column = this.#pending[place]!
      reached = this.#distance[column]!
      settled.add(column)
      if (this.#rowOf[column] === -1) return { sink: column, distance: reached }
      row = this.#rowOf[column]!
      this.#pending[place] = this.#pending[--pending]!
    }
  }

  /**
   * Extends paths from a row at a distance to all pending columns; returns the index of the nearest among
   * them.
   */
  #nearest(row: number, reached: number, pending: number): number {
    let nearest = -1
    let lowest = Number.POSITIVE_INFINITY
    for (let place = 0; place < pending; place++) {
      const column = this.#pending[place]!
      const distance = reached + this.#cost(row, column) - this.#rowPrice[row]! - this.#columnPrice[column]!
      if (distance < this.#distance[column]!) {
        this.#distance[column] = distance
        this.#before[column] = row
      }
      const shortest = this.#distance[column]!
      if (shortest < lowest || (shortest === lowest && this.#rowOf[column] === -1)) {
        lowest = shortest
        nearest = place
      }
    }
    return nearest
  }

  /** Updates prices so that the path found costs nothing. The pairs are still those before the search. */
  #reprice(start: number, settled: Set<number>, distance: number): void {
    this.#rowPrice[start]! += distance
    for (const column of settled) {
      const slack = distance - this.#distance[column]!
      const row = this.#rowOf[column]!
      if (row !== -1) this.#rowPrice[row]! += slack
      this.#columnPrice[column]! -= slack
    }
  }

  /** Walks the path back from its end and pairs every row on it with the next column. */
  #flip(start: number, sink: number): void {
    let column = sink
    for (let row = -1; row !== start; ) {
      row = this.#before[column]!
      const left = this.#columnOf[row]!
      this.#columnOf[row] = column
      this.#rowOf[column] = row
      column = left
    }
  }
}
