/** From a name to a file on this machine, fetched where it is not there yet. */
import { join, resolve } from 'node:path'
import { cacheFromEnv, mirrorFromEnv, offlineFromEnv, proxiesFromEnv } from '../env.js'
import { StegoError } from '../errors.js'
import { type CacheRecord, checkCached, recordOf, writeRecord } from './cache.js'
import { type DownloadSettings, download, freeBytes, publicUrl } from './download.js'
import { FetchFailure } from './failure.js'
import { type DownloadProgress, Meter } from './progress.js'
import { fileName, type PublishedWeights, published } from './registry.js'
import { SYSTEM_CLOCK } from './retry.js'

/** How published weights are found. */
export interface ResolveOptions {
  /** Stops fetching; the promise rejects with its reason. */
  signal?: AbortSignal
  /** Told at most ten times a second, and of every wait. Silent without. */
  onProgress?: (progress: DownloadProgress) => void
  /** Folder that keeps fetched files; default `STEGO_CACHE`, else the system's place for caches. */
  cache?: string
  /** Base URL under which the files lie by their names; default `STEGO_MIRROR`, else the makers' addresses. */
  mirror?: string
  /** Take what is there and fetch nothing; default `STEGO_OFFLINE`, else false. */
  offline?: boolean
}

/** A file of published weights on this machine. */
export interface ResolvedWeights {
  /** The file. */
  path: string
  /** What is known of it. */
  entry: PublishedWeights
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string
  /** `published`: it is the SHA-256 the registry gives. `first use`: none is known, and it is the first file's. */
  trust: CacheRecord['trust']
}

/**
 * The file of published weights, fetched once and checked at every use.
 * Throws `ERR_STEGO_OPTION` for an unknown name or a mirror that is no address, `ERR_STEGO_DOWNLOAD` where the file
 * cannot be had or is not what it should be, `ERR_STEGO_FILE` for the disk, and the signal's reason.
 */
export function resolveWeights(name: string, options: ResolveOptions = {}): Promise<ResolvedWeights> {
  return resolveEntry(published(name), options)
}

/** `resolveWeights` for an entry, with other settings than the machine's own where tests give them. */
export async function resolveEntry(
  entry: PublishedWeights,
  options: ResolveOptions,
  settings: Partial<Omit<DownloadSettings, 'meter' | 'signal'>> = {},
): Promise<ResolvedWeights> {
  const { signal, onProgress = () => {} } = options
  const file = join(resolve(options.cache ?? cacheFromEnv()), 'weights', fileName(entry))
  const there = await checkCached(file, entry, signal)
  if (there) return resolved(entry, file, there)
  if (options.offline ?? offlineFromEnv()) throw notHere(entry, file)
  const url = addressOf(entry, options.mirror ?? mirrorFromEnv())
  const clock = settings.clock ?? SYSTEM_CLOCK
  const meter = new Meter(entry.name, clock, onProgress)
  const fetched = await download(
    { url, file, size: entry.size, sha256: entry.sha256 },
    {
      transport: { proxies: proxiesFromEnv() },
      freeBytes,
      ...settings,
      clock,
      meter,
      signal,
    },
  ).catch((error) => {
    throw error instanceof FetchFailure ? notFetched(entry, url, error) : error
  })
  const record = recordOf(publicUrl(url), fetched, entry)
  await writeRecord(file, record)
  meter.done(fetched.size, howTrusted(record))
  return resolved(entry, file, record)
}

function resolved(entry: PublishedWeights, path: string, { sha256, trust }: CacheRecord): ResolvedWeights {
  return { path, entry, sha256, trust }
}

function howTrusted({ trust, sha256 }: CacheRecord): string {
  return trust === 'published'
    ? 'the SHA-256 matches the published one'
    : `no SHA-256 is published for this file; from now on it must be ${sha256}`
}

/** The maker's address of a file, or its place on a mirror. */
function addressOf(entry: PublishedWeights, mirror: string | undefined): URL {
  if (mirror === undefined) return new URL(entry.url)
  const url = URL.canParse(mirror) ? new URL(mirror) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the mirror (STEGO_MIRROR) must be an http:// or https:// address, got ${JSON.stringify(mirror)}. Set ` +
        `it to the address of the folder that holds ${fileName(entry)}.`,
    )
  }
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${fileName(entry)}`
  return url
}

function notHere(entry: PublishedWeights, file: string): StegoError {
  return new StegoError(
    'ERR_STEGO_DOWNLOAD',
    `${entry.name} has not been downloaded, and downloads are disabled (STEGO_OFFLINE). Download ` +
      `${publicUrl(new URL(entry.url))} to ${file}, or ${otherwise(entry)}.`,
  )
}

function notFetched(entry: PublishedWeights, url: URL, failure: FetchFailure): StegoError {
  return new StegoError(
    'ERR_STEGO_DOWNLOAD',
    `${entry.name} cannot be downloaded from ${publicUrl(url)}: ${failure.message}. Set STEGO_MIRROR to the address of ` +
      `a folder that holds ${fileName(entry)}, or ${otherwise(entry)}.`,
    { cause: failure },
  )
}

/** What to do without the network. */
function otherwise(entry: PublishedWeights): string {
  const file = 'pass the path of a file that you downloaded in another way'
  return entry.kind === 'model' ? file : `${file}, or use backbone "starter", which needs no download`
}
