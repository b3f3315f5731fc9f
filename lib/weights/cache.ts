/** Fetched files, each with a record beside it of where it came from and how it was checked. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { StegoError } from '../errors.js'
import { writeWhole } from '../write-whole.js'

const recordSchema = z.strictObject({
  /** Where it was fetched; null where somebody put it there. */
  url: z.string().nullable(),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** `published`: the SHA-256 is the one the registry gives. `first use`: it is the one the first file had. */
  trust: z.enum(['published', 'first use']),
  /** ISO date of that. */
  date: z.iso.datetime(),
})

export type CacheRecord = z.infer<typeof recordSchema>

/** What a file must be; null for what is not known. */
export interface Expected {
  size: number | null
  sha256: string | null
}

/**
 * Checks a file that is there, against what is published of it or else against its record; one without either is
 * trusted now and recorded. Returns null where there is no file.
 * Throws the signal's reason, `ERR_STEGO_FILE` where it cannot be read, and `ERR_STEGO_DOWNLOAD` where it is another.
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
      `${file} is not ${known ? 'the published file' : 'what it was at its first use'}: expected ${size} bytes with ` +
        `SHA-256 ${sha256}, found ${found.size} bytes with ${found.sha256}. Delete it and the .json beside it, and it is fetched again.`,
    )
  }
  if (record?.sha256 === found.sha256 && record.trust === trustIn(expected)) return record
  // Somebody put it there, perhaps into a cache that many share and nobody may write to: then nothing is remembered.
  const put = recordOf(null, found, expected)
  await writeRecord(file, put).catch(() => {})
  return put
}

/** What there is to say of a file that is as expected. */
export function recordOf(
  url: string | null,
  { size, sha256 }: { size: number; sha256: string },
  expected: Expected,
): CacheRecord {
  return { url, size, sha256, trust: trustIn(expected), date: new Date().toISOString() }
}

/** Writes down what a file is, for `checkCached` to compare with. */
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
