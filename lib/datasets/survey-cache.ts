/** Findings about files that are kept in the cache folder, so that a second look costs nothing. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFromEnv } from '../env.js'
import { writeWhole } from '../write-whole.js'

/** Incremented whenever the same files are found to be something else. */
const VERSION = 1

/**
 * What is known about some files, or is found out now and kept.
 * @param about the files' fingerprints and all that the finding depends on
 * @param find returns a finding that JSON can hold
 */
export async function remembered<T>(about: (string | Uint8Array)[], find: () => Promise<T>): Promise<T> {
  const hash = createHash('sha256').update(`${VERSION}\n`)
  for (const part of about) hash.update(part)
  const file = join(cacheFromEnv(), 'surveys', `${hash.digest('hex').slice(0, 32)}.json`)
  const known = await readFile(file, 'utf8').catch(() => null)
  if (known !== null) {
    try {
      return JSON.parse(known) as T
    } catch {
      // A damaged file is written anew.
    }
  }
  const found = await find()
  // A cache that cannot be written costs time and nothing else.
  await writeWhole(file, Buffer.from(JSON.stringify(found))).catch(() => {})
  return found
}
