/**
 * A partial download. Between runs it is stored as `<file>.part` with `<file>.part.json`; while a process writes it, it
 * has a name unique to that process. Resuming renames it, which only one of several processes can do; the others start
 * over, and each moves a complete file into place.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { syncFile, writeWhole } from '../write-whole.js'
import type { Version } from './response.js'

const sourceSchema = z.strictObject({
  url: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
})

/** Version of a download that cannot be resumed. */
export const UNKNOWN_VERSION: Version = { etag: null, lastModified: null }
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

export class PartFile {
  /** Number of bytes downloaded. */
  size = 0
  /** Version of the remote file. */
  version = UNKNOWN_VERSION
  /** Whether the bytes came over more than one connection. */
  patched = false
  #hash = createHash('sha256')
  readonly #path: string
  readonly #final: string
  readonly #url: string
  readonly #handle: FileHandle

  private constructor(path: string, final: string, url: string, handle: FileHandle) {
    this.#path = path
    this.#final = final
    this.#url = url
    this.#handle = handle
  }

  /** Resumes an earlier download of `url`, or starts a new one. */
  static async open(final: string, url: string): Promise<PartFile> {
    const path = `${final}.${HOST}-${process.pid}-${randomUUID()}.part`
    const found = await claim(final, path)
    const handle = await open(path, found ? 'r+' : 'wx+')
    const part = new PartFile(path, final, url, handle)
    if (!found) return part
    try {
      await part.#takeUp()
    } catch (error) {
      await part.discard()
      throw error
    }
    return part
  }

  async #takeUp(): Promise<void> {
    const source = await readSource(`${this.#path}.json`)
    if (source?.url !== this.#url) return this.restart(UNKNOWN_VERSION)
    for await (const chunk of createReadStream(this.#path)) {
      this.#hash.update(chunk)
      this.size += chunk.length
    }
    this.version = { etag: source.etag, lastModified: source.lastModified }
    this.patched = true
  }

  /** Discards all bytes and starts over with `version`. */
  async restart(version: Version): Promise<void> {
    await this.#handle.truncate(0)
    this.size = 0
    this.#hash = createHash('sha256')
    this.patched = false
    this.version = version
    const source = { url: this.#url, ...version }
    await writeWhole(`${this.#path}.json`, Buffer.from(`${JSON.stringify(source)}\n`))
  }

  async append(chunk: Buffer): Promise<void> {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await this.#handle.write(
        chunk,
        written,
        chunk.length - written,
        this.size + written,
      )
      written += bytesWritten
    }
    this.size += chunk.length
    this.#hash.update(chunk)
  }

  /** SHA-256 of all bytes so far, in hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Moves the complete file into place. */
  async finish(): Promise<void> {
    await syncFile(this.#handle)
    await this.#handle.close()
    await rename(this.#path, this.#final)
    await rm(`${this.#path}.json`, { force: true })
  }

  /** Keeps the bytes for a later attempt, or deletes them if it could not resume. */
  async release(): Promise<void> {
    const kept = `${this.#final}.part`
    const resumable = this.size > 0 && (this.version.etag ?? this.version.lastModified) !== null
    if (!resumable || (await exists(kept))) return this.discard()
    await this.#handle.close()
    await rename(`${this.#path}.json`, `${kept}.json`)
    await rename(this.#path, kept)
  }

  async discard(): Promise<void> {
    await this.#handle.close()
    await rm(this.#path, { force: true })
    await rm(`${this.#path}.json`, { force: true })
  }
}

/** Renames an earlier partial download to `path`. Returns whether there was one. */
async function claim(final: string, path: string): Promise<boolean> {
  for (const left of [`${final}.part`, ...(await orphansOf(final))]) {
    try {
      await rename(left, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw error
    }
    await rename(`${left}.json`, `${path}.json`).catch(() => {})
    return true
  }
  return false
}

/** Partial downloads of crashed processes on this machine. */
async function orphansOf(final: string): Promise<string[]> {
  const folder = dirname(final)
  const prefix = `${basename(final)}.${HOST}-`
  return (await readdir(folder))
    .filter((name) => name.startsWith(prefix) && name.endsWith('.part'))
    .filter((name) => !isRunning(Number.parseInt(name.slice(prefix.length), 10)))
    .map((name) => join(folder, name))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM means that the process runs under another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function readSource(path: string): Promise<z.infer<typeof sourceSchema> | null> {
  try {
    return sourceSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
