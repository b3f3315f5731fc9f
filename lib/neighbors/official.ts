/**
 * The original's neighbor files, `nns_{model_type}_{dataset}_{image_set}_{crop_type}_{res}.npz` of precompute_knns.py
 * one array `nns`, int64 [N, 30], nearest first, the image itself in column 0.
 */

import { StegoError } from '../errors.js'
import type { NpyArray, NpyData } from '../formats/npy.js'
import { readNpz } from '../formats/npz.js'
import { isArrayOf } from '../values.js'
import { writeWhole } from '../write-whole.js'
import { packTable } from './official-table.js'

const ARRAY = 'nns'

/**
 * Reads the `k` nearest neighbors of each of `count` images. The image itself is skipped wherever it occurs in its row,
 * since it need not come first among duplicates. Extra columns are ignored.
 * @returns indices, row-major [count, k]
 *
 * Rejects with `ERR_STEGO_DATA_MISSING`; `ERR_STEGO_FILE` for a damaged file, one without whole numbers [N, columns]
 * named `nns`, or indices beyond the images; `ERR_STEGO_DATA_LAYOUT` for another number of images or too few columns.
 */
export async function readOfficialNeighbors(
  path: string,
  { count, k }: { count: number; k: number },
): Promise<Int32Array> {
  const { data, columns } = checkTable(path, (await readNpz(path)).get(ARRAY), count)
  const indices = new Int32Array(count * k)
  for (let image = 0; image < count; image++) {
    let found = 0
    for (let column = 0; column < columns; column++) {
      const other = Number(data[image * columns + column])
      if (!(other >= 0 && other < count)) {
        throw new StegoError(
          'ERR_STEGO_FILE',
          `expected indices from 0 to ${count - 1} in ${path}, got ${other} for image ${image}. Recompute the ` +
            'neighbors.',
        )
      }
      if (other !== image && found < k) indices[image * k + found++] = other
    }
    if (found < k) throw tooFew(path, found, k)
  }
  return indices
}

/**
 * Writes neighbors in the original format: int64 [count, 1 + k], with the image itself in column 0. k = 29 gives the
 * original's 30 columns. Rejects with `ERR_STEGO_FILE` if writing fails.
 */
export async function writeOfficialNeighbors(
  path: string,
  { count, k, indices }: { count: number; k: number; indices: Int32Array },
): Promise<void> {
  const columns = 1 + k
  const data = new BigInt64Array(count * columns)
  for (let image = 0; image < count; image++) {
    data[image * columns] = BigInt(image)
    for (let rank = 0; rank < k; rank++) {
      data[image * columns + 1 + rank] = BigInt(indices[image * k + rank]!)
    }
  }
  await writeWhole(path, packTable(ARRAY, data, columns))
}

/** The error for a file with too few neighbors per image. */
export function tooFew(path: string, found: number, k: number): StegoError {
  return new StegoError(
    'ERR_STEGO_DATA_LAYOUT',
    `${path} has ${found} neighbors per image, but ${k} are needed. Set \`neighbors\` to at most ${found}, or recompute ` +
      `the file with k of at least ${k}.`,
  )
}

/** The error for a file with a different number of images. */
export function otherCount(path: string, found: number, count: number): StegoError {
  return new StegoError(
    'ERR_STEGO_DATA_LAYOUT',
    `${path} has neighbors for ${found} images, but there are ${count}. Recompute them for these images.`,
  )
}

function checkTable(
  path: string,
  table: NpyArray | undefined,
  count: number,
): { data: NpyData; columns: number } {
  const [rows, columns] = table?.shape ?? []
  const whole = table && !isArrayOf(table.data, 'Float32Array', 'Float64Array')
  if (!whole || table.shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new StegoError(
      'ERR_STEGO_FILE',
      `expected an integer array "${ARRAY}" [images, columns] in ${path}, as written by precompute_knns.py. ` +
        'Use a neighbor file.',
    )
  }
  if (rows !== count) throw otherCount(path, rows, count)
  return { data: table.data, columns }
}
