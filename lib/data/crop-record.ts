/**
 * What a folder of written crops says of itself, in `crops.json` beside the official folders `img` and `label`:
 * which pictures they were cut from, and how many files a whole split has.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { CROP_KINDS } from '../options/dataset.js'

/** Name of the record. */
export const CROP_RECORD_FILE = 'crops.json'

const recordSchema = z.object({
  format: z.literal(1),
  dataset: z.string(),
  crops: z.enum(CROP_KINDS),
  cropRatio: z.number(),
  splits: z.record(
    z.string(),
    z.object({
      /** Hash of the names, sizes and label maps of the pictures. */
      pictures: z.string(),
      /** How many crops there are when all are written. */
      crops: z.int().min(0),
    }),
  ),
})

export type CropRecord = z.infer<typeof recordSchema>

/** The record of a folder of crops; null where it has none, as those of the official code. */
export async function readCropRecord(folder: string): Promise<CropRecord | null> {
  const path = join(folder, CROP_RECORD_FILE)
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${path} is not a record this version of stego reads. Remove the file, or crop into another folder.`,
      { cause },
    )
  }
}
