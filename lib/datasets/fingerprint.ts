/** Fingerprints of files, by which something that was found out about them is found again. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { unreadableFile } from '../images/input.js'

/** Bytes per fingerprint. */
export const FINGERPRINT_BYTES = 16
/** Bytes to read from each end of a file. If compressed images differ, so do their last bytes. */
const END_BYTES = 4096
const SLICE_MILLISECONDS = 4

/** A file to fingerprint. */
export interface ListedImage {
  /** Name in the dataset. */
  name: string
  /** Path of the file. */
  image: string
  /** The crop, as plain data; absent for the whole image. */
  crop?: unknown
}

/**
 * Computes a fingerprint of each image: a hash of its name, its crop, the file size, and the first and last 4 KiB of
 * the file. Unlike modification times, it survives copying. It needs two small reads per image, about 50 microseconds
 * with a warm cache.
 * @returns [images, 16] bytes
 * Rejects with `ERR_STEGO_DATA_MISSING` or `ERR_STEGO_FILE` for an image that cannot be read.
 */
export async function fingerprintImages(images: ListedImage[], signal?: AbortSignal): Promise<Uint8Array> {
  const prints = new Uint8Array(images.length * FINGERPRINT_BYTES)
  const ends = Buffer.alloc(2 * END_BYTES)
  let began = performance.now()
  for (const [index, image] of images.entries()) {
    // Small async reads cost several times more, so read synchronously and yield every few milliseconds.
    if (performance.now() - began > SLICE_MILLISECONDS) {
      await setImmediate()
      signal?.throwIfAborted()
      began = performance.now()
    }
    prints.set(fingerprint(image, ends), index * FINGERPRINT_BYTES)
  }
  return prints
}

function fingerprint({ name, image, crop = null }: ListedImage, ends: Buffer): Uint8Array {
  let file: number | undefined
  try {
    file = openSync(image, 'r')
    const { size } = fstatSync(file)
    const length = Math.min(size, END_BYTES)
    readSync(file, ends, 0, length, 0)
    readSync(file, ends, length, length, size - length)
    const hash = createHash('sha256')
      .update(JSON.stringify([name, crop, size]))
      .update(ends.subarray(0, 2 * length))
    return hash.digest().subarray(0, FINGERPRINT_BYTES)
  } catch (cause) {
    throw unreadableFile(image, cause)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
