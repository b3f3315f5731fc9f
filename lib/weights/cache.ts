/** Cache of downloaded files, each with a record of its source and how it was verified. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { writeWhole } from '../write-whole.js'

const recordSchema = z.strictObject({
  /** Source URL; null if the file was placed there manually. */
  url: z.string().nullable(),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** `published`: verified with the registry's SHA-256. `first use`: verified with that of the first download. */
  trust: z.enum(['published', 'first use']),
  /** ISO date of that. */
  date: z.iso.datetime(),
})

export type CacheRecord = z.infer<typeof recordSchema>

/** Expected size and hash of a file; null if unknown. */
export interface Expected {
  size: number | null
  sha256: string | null
}

/**
 * Verifies a cached file against published values or else its record. A file without either is trusted on first use and
 * recorded. Returns null if there is no file.
 * Throws the signal's reason, `ERR_STEGO_FILE` if it cannot be read, and `ERR_STEGO_DOWNLOAD` if it does not match.
 */
export async function checkCached(
  file: string,
  expected: Expected,
  signal?: AbortSignal,
): Promise<CacheRecord | null> {
  signal?.throwIfAborted()
  const found = await measure(file, signal)
  if (found === null) return null
  const record = await readRecord(file)
  const size = expected.size ?? record?.size ?? found.size
  const sha256 = expected.sha256 ?? record?.sha256 ?? found.sha256
  if (found.size !== size || found.sha256 !== sha256) {
    const known = expected.sha256 !== null || (expected.size !== null && found.size !== expected.size)
    throw new StegoError(
      'ERR_STEGO_DOWNLOAD',
      `${file} is not ${known ? 'the published file' : 'the file it was at first use'}: expected ${size} bytes with ` +
        `SHA-256 ${sha256}, found ${found.size} bytes with ${found.sha256}. Delete it and the .json file next to it to download it again.`,
    )
  }
  if (record?.sha256 === found.sha256 && record.trust === trustIn(expected)) return record
  // The file was placed manually, perhaps in a shared read-only cache, in which case no record is written.
  const put = recordOf(null, found, expected)
  await writeRecord(file, put).catch(() => {})
  return put
}

/** Creates the record of a verified file. */
export function recordOf(
  url: string | null,
  { size, sha256 }: { size: number; sha256: string },
  expected: Expected,
): CacheRecord {
  return { url, size, sha256, trust: trustIn(expected), date: new Date().toISOString() }
}

/** Writes the record that `checkCached` compares with. */
export function writeRecord(file: string, record: CacheRecord): Promise<void> {
  return writeWhole(`${file}.json`, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
}

function trustIn({ sha256 }: Expected): CacheRecord['trust'] {
  return sha256 === null ? 'first use' : 'published'
}

async function readRecord(file: string): Promise<CacheRecord | null> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(`${file}.json`, 'utf8')))
  } catch {
    return null
  }
}

async function measure(file: string, signal?: AbortSignal): Promise<{ size: number; sha256: string } | null> {
  try {
    const { size } = await stat(file)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(file, { signal })) hash.update(chunk)
    return { size, sha256: hash.digest('hex') }
  } catch (cause) {
    signal?.throwIfAborted()
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new StegoError('ERR_STEGO_FILE', `${file} cannot be read (${code}). Check its permissions.`, {
      cause,
    })
  }
}
