/** Downloads a file over HTTP(S), resuming as needed, verifies it and moves it into place. */
import { on } from 'node:events'
import { mkdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StegoError } from '../errors.js'
import { formatBytes } from '../options/bytes.js'
import { asFailure, FetchFailure } from './failure.js'
import type { Response, Transport } from './http.js'
import { PartFile, UNKNOWN_VERSION } from './part-file.js'
import type { Meter } from './progress.js'
import { type Body, rangeHeaders, readResponse } from './response.js'
import { backoff, type Clock, StallWatch } from './retry.js'

/** A file to download. */
export interface RemoteFile {
  url: URL
  /** Destination path. */
  file: string
  /** Size in bytes; null if unknown. */
  size: number | null
  /** SHA-256 in hexadecimal; null if unknown. */
  sha256: string | null
}

/** How to download. */
export interface DownloadSettings {
  transport: Transport
  clock: Clock
  meter: Meter
  /** Returns the free bytes in a folder. */
  freeBytes(folder: string): Promise<number>
  signal?: AbortSignal
}

/** Size and hash of a downloaded file. */
export interface Fetched {
  size: number
  sha256: string
}

/** Consecutive failures without receiving `ENOUGH` bytes before giving up. */
export const MAX_FAILURES = 6
const ENOUGH = 2 ** 20
/** Longest `Retry-After` to honor. */
const LONGEST_WAIT = 120_000

/** Free space on a folder's disk. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/**
 * Downloads `remote` to its destination. The next call resumes after an abort or failure.
 * Throws the signal's reason, `FetchFailure` for network or server errors, and `ERR_STEGO_FILE` for disk errors.
 */
export async function download(remote: RemoteFile, settings: DownloadSettings): Promise<Fetched> {
  settings.signal?.throwIfAborted()
  const part = await onDisk(remote.file, async () => {
    await mkdir(dirname(remote.file), { recursive: true })
    return PartFile.open(remote.file, publicUrl(remote.url))
  })
  try {
    await fetchAll(remote, part, settings)
    const fetched = { size: part.size, sha256: part.digest() }
    await onDisk(remote.file, () => part.finish())
    return fetched
  } catch (error) {
    await part.release().catch(() => {})
    throw error
  }
}

/** The URL without credentials and query, which may contain secrets. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** Connects until the file is complete and verified. */
async function fetchAll(remote: RemoteFile, part: PartFile, settings: DownloadSettings): Promise<void> {
  let doubted = false
  for (let failures = 0; ; ) {
    const before = part.size
    try {
      await receive(remote, part, settings)
      const wrong = whatIsWrong(remote, part)
      if (wrong === null) return
      // Bytes from several connections may belong to different versions: download once more.
      const again = part.patched && !doubted
      await onDisk(remote.file, () => part.restart(UNKNOWN_VERSION))
      if (!again) throw new FetchFailure(wrong)
      doubted = true
    } catch (error) {
      settings.signal?.throwIfAborted()
      const failure = asFailure(error)
      if (failure instanceof StegoError || !failure.transient) throw failure
      failures = part.size - before >= ENOUGH ? 1 : failures + 1
      if (failures >= MAX_FAILURES) throw failure
      await pause(failure, failures, settings)
    }
  }
}

/** Waits before the next attempt. Throws if the server asks to wait too long, or the signal's reason. */
export async function pause(
  failure: FetchFailure,
  failures: number,
  { clock, meter, signal }: Pick<DownloadSettings, 'clock' | 'meter' | 'signal'>,
): Promise<void> {
  const asked = failure.retryAfter ?? 0
  if (asked > LONGEST_WAIT) {
    const minutes = Math.ceil(asked / 60_000)
    throw new FetchFailure(`${failure.message} and asks clients to wait ${minutes} minutes`, {
      cause: failure,
    })
  }
  const delay = Math.max(asked, backoff(failures, clock.random()))
  meter.wait(`${failure.message}; retrying in ${(delay / 1000).toFixed(1)} s`)
  await clock.sleep(delay, signal).catch((error) => {
    throw signal?.aborted ? signal.reason : error
  })
}

/** Why a complete download is not the expected file; null if it is. */
function whatIsWrong({ size, sha256 }: RemoteFile, part: PartFile): string | null {
  if (part.size === 0) return 'the file is empty'
  if (size !== null && part.size !== size) return `the file has ${part.size} bytes, but ${size} were expected`
  const found = part.digest()
  if (sha256 === null || found === sha256) return null
  return `the SHA-256 of the file is ${found}, but ${sha256} was expected`
}

/** Downloads over one connection. Returns when the file is complete. */
async function receive(remote: RemoteFile, part: PartFile, settings: DownloadSettings): Promise<void> {
  const stall = new StallWatch(settings.clock)
  const signal = settings.signal ? AbortSignal.any([settings.signal, stall.signal]) : stall.signal
  try {
    // undici takes a while to load.
    const { get } = await import('./http.js')
    const headers = { 'accept-encoding': 'identity', ...rangeHeaders(part.size, part.version) }
    await get(remote.url, headers, signal, settings.transport, async (response) => {
      stall.reset()
      await receiveBody(remote, part, response, settings, stall)
    })
  } catch (error) {
    throw stall.signal.aborted && !settings.signal?.aborted ? stall.signal.reason : error
  } finally {
    stall.stop()
  }
}

async function receiveBody(
  remote: RemoteFile,
  part: PartFile,
  response: Response,
  settings: DownloadSettings,
  stall: StallWatch,
): Promise<void> {
  // Unlike a stream, this delivers all data received before an error.
  const chunks = on(response.body, 'data', { close: ['end'], highWaterMark: 8, lowWaterMark: 4 })
  const body = readResponse(response, part, settings.clock.now())
  if (body === 'whole') return
  if (body === 'misfit') {
    await onDisk(remote.file, () => part.restart(UNKNOWN_VERSION))
    throw new FetchFailure('the file changed on the server after its first part was downloaded', {
      transient: true,
    })
  }
  checkLength(remote, body)
  if (body.start === 0) await onDisk(remote.file, () => part.restart(body.version))
  else part.patched = true
  const total = remote.size ?? body.total
  await checkSpace(remote.file, (total ?? 0) - part.size, settings)
  settings.meter.begin(part.size, total)
  for await (const [chunk] of chunks) {
    stall.reset()
    if (total !== null && part.size + chunk.length > total) {
      throw new FetchFailure(`the server sent more than the ${total} bytes expected`)
    }
    await onDisk(remote.file, () => part.append(chunk))
    settings.meter.update(part.size)
  }
  if (total !== null && part.size < total) {
    throw new FetchFailure(`the connection ended after ${part.size} of ${total} bytes`, { transient: true })
  }
}

function checkLength({ size }: RemoteFile, { total }: Body): void {
  if (size === null || total === null || size === total) return
  throw new FetchFailure(`the server announced ${total} bytes, but ${size} were expected`)
}

async function checkSpace(file: string, missing: number, settings: DownloadSettings): Promise<void> {
  const folder = dirname(file)
  const free = await onDisk(file, () => settings.freeBytes(folder))
  if (free >= missing) return
  throw new StegoError(
    'ERR_STEGO_FILE',
    `${folder} has ${formatBytes(free)} left, but ${file} needs ${formatBytes(missing)} more. ` +
      'Free some space, or set STEGO_CACHE to a folder on another disk.',
  )
}

/** Runs file operations, converting their errors to `ERR_STEGO_FILE`. */
async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StegoError) throw cause
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new StegoError(
      'ERR_STEGO_FILE',
      `${file} cannot be written (${reason}). Check the permissions and free space of the folder, or set ` +
        'STEGO_CACHE to another one.',
      { cause },
    )
  }
}
