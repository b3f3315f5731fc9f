/** Fetches one file over HTTP(S), over as many connections as that takes, and puts it in place whole and checked. */
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

/** What to fetch, and what is known of it. */
export interface RemoteFile {
  url: URL
  /** Where the whole file is to lie. */
  file: string
  /** Bytes; null where not known. */
  size: number | null
  /** SHA-256 in hexadecimal; null where not known. */
  sha256: string | null
}

/** How it is fetched. */
export interface DownloadSettings {
  transport: Transport
  clock: Clock
  meter: Meter
  /** Bytes that fit into a folder. */
  freeBytes(folder: string): Promise<number>
  signal?: AbortSignal
}

/** What came. */
export interface Fetched {
  size: number
  sha256: string
}

/** Failures in a row, none of them after `ENOUGH` bytes, before it is given up. */
const MAX_FAILURES = 6
const ENOUGH = 2 ** 20
/** Servers that want to be left alone for longer are not waited for. */
const LONGEST_WAIT = 120_000

/** The space left where a folder lies. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/**
 * Fetches `remote` and puts it at its place. What an abort or a failure leaves is taken up by the next call.
 * Throws the signal's reason, `FetchFailure` for what the network or the server did, and `ERR_STEGO_FILE` for the disk.
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

/** The address without name, password and query, which may hold keys. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** Connections until the part is whole and right. */
async function fetchAll(remote: RemoteFile, part: PartFile, settings: DownloadSettings): Promise<void> {
  let doubted = false
  for (let failures = 0; ; ) {
    const before = part.size
    try {
      await receive(remote, part, settings)
      const wrong = whatIsWrong(remote, part)
      if (wrong === null) return
      // Bytes that came over several connections may be of two files: they are asked for once more.
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

async function pause(
  failure: FetchFailure,
  failures: number,
  { clock, meter, signal }: DownloadSettings,
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

/** Why a part without missing bytes is not the file; null where nothing speaks against it. */
function whatIsWrong({ size, sha256 }: RemoteFile, part: PartFile): string | null {
  if (part.size === 0) return 'the file is empty'
  if (size !== null && part.size !== size) return `the file has ${part.size} bytes, but ${size} were expected`
  const found = part.digest()
  if (sha256 === null || found === sha256) return null
  return `the SHA-256 of the file is ${found}, but ${sha256} was expected`
}

/** One connection. Returns when no byte is missing. */
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
  // Listens from the start and hands out all that came before an error, which a stream would drop.
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

/** Runs what reads or writes files; what goes wrong is the disk's fault and not the network's. */
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
