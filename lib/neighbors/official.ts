/**
 * The original's neighbor files, `nns_{model_type}_{dataset}_{image_set}_{crop_type}_{res}.npz` of precompute_knns.py
 * one array `nns`, int64 [N, 30], nearest first, the image itself in column 0.
 */
import { StegoError } from '../errors.js'
import type { NpyArray, NpyData } from '../formats/npy.js'
import { readNpz } from '../formats/npz.js'
import { writeWhole } from '../write-whole.js'
import { packTable } from './official-table.js'

const ARRAY = 'nns'

/**
 * Reads the nearest `k` neighbors of each of `count` images. An image is left out of its own row wherever it stands
 * there, for among duplicates it need not come first; columns beyond those needed are ignored.
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
          `expected indices from 0 to ${count - 1} in ${path}, got ${other} for image ${image}. Compute the ` +
            'neighbors again.',
        )
      }
      if (other !== image && found < k) indices[image * k + found++] = other
    }
    if (found < k) throw tooFew(path, found, k)
  }
  return indices
}

/**
 * Writes neighbors as the original does: int64 [count, 1 + k], each image itself in column 0. With k = 29 these are
 * the original's 30 columns. Rejects with `ERR_STEGO_FILE` where writing fails.
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

/** A file with fewer neighbors an image than are needed. */
export function tooFew(path: string, found: number, k: number): StegoError {
  return new StegoError(
    'ERR_STEGO_DATA_LAYOUT',
    `${path} holds ${found} neighbors for an image, ${k} are needed. Ask for at most ${found} neighbors, or compute ` +
      `the file again with k of at least ${k}.`,
  )
}

/** A file for another number of images. */
export function otherCount(path: string, found: number, count: number): StegoError {
  return new StegoError(
    'ERR_STEGO_DATA_LAYOUT',
    `${path} holds the neighbors of ${found} images, but there are ${count}. Compute them again for these images.`,
  )
}

function checkTable(
  path: string,
  table: NpyArray | undefined,
  count: number,
): { data: NpyData; columns: number } {
  const [rows, columns] = table?.shape ?? []
  const whole = table && !(table.data instanceof Float32Array || table.data instanceof Float64Array)
  if (!whole || table.shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new StegoError(
      'ERR_STEGO_FILE',
      `expected an array "${ARRAY}" of whole numbers [images, columns] in ${path}, as precompute_knns.py writes it. ` +
        'Name a file of neighbors.',
    )
  }
  if (rows !== count) throw otherCount(path, rows, count)
  return { data: table.data, columns }
}
