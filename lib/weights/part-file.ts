/**
 * A file while it is being fetched. Between runs it lies as `<file>.part`, with `<file>.part.json` beside it; while a
 * process writes to it, under a name that no other process uses. To take it up again is to rename it, which only one
 * of several processes can do; the others begin anew, and each puts a whole file in place.
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

/** Of bytes that nothing can be compared with: they cannot be gone on with. */
export const UNKNOWN_VERSION: Version = { etag: null, lastModified: null }
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

export class PartFile {
  /** Bytes there. */
  size = 0
  /** What they are the beginning of. */
  version = UNKNOWN_VERSION
  /** They came over more than one connection. */
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

  /** Takes up what an earlier attempt left of `url`, or begins with nothing. */
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

  /** Drops all bytes; those to come belong to `version`. */
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

  /** The bytes are all there: the file takes its name. */
  async finish(): Promise<void> {
    await syncFile(this.#handle)
    await this.#handle.close()
    await rename(this.#path, this.#final)
    await rm(`${this.#path}.json`, { force: true })
  }

  /** Leaves what is there for a later attempt; nothing, where none could go on with it. */
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

/** Renames what an earlier attempt left to `path`; whether there was anything. */
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

/** Parts of processes of this machine that ended without leaving them properly. */
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
    // A process of somebody else may not be signalled, but runs.
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
