/** Resolves names of published weights to local files, downloading them if needed. */
import { join, resolve } from 'node:path'
import { cacheFromEnv, mirrorFromEnv, offlineFromEnv, proxiesFromEnv } from '../env.js'
import { StegoError } from '../errors.js'
import { type CacheRecord, checkCached, recordOf, writeRecord } from './cache.js'
import { type DownloadSettings, download, freeBytes, publicUrl } from './download.js'
import { FetchFailure } from './failure.js'
import { type DownloadProgress, Meter } from './progress.js'
import { fileName, type PublishedWeights, published } from './registry.js'
import { SYSTEM_CLOCK } from './retry.js'

/** Options of `resolveWeights()`. */
export interface ResolveOptions {
  /** Aborts the download. The promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Called with download progress at most ten times per second, and before every retry. */
  onProgress?: (progress: DownloadProgress) => void
  /** Folder for downloaded files. Default: `STEGO_CACHE`, else the system's cache folder. */
  cache?: string
  /** Base URL to download files from. Default: `STEGO_MIRROR`, else the original URLs. */
  mirror?: string
  /** Disables downloads. Default: `STEGO_OFFLINE`, else false. */
  offline?: boolean
}

/** A local file of published weights. */
export interface ResolvedWeights {
  /** Path of the file. */
  path: string
  /** Registry entry. */
  entry: PublishedWeights
  /** SHA-256 of the file in hexadecimal. */
  sha256: string
  /** `published`: verified with the registry's SHA-256. `first use`: verified with that of the first download. */
  trust: CacheRecord['trust']
}

/**
 * Returns the local file of published weights, downloading it once and verifying it on every use.
 * Rejects with `ERR_STEGO_OPTION` for an unknown name or an invalid mirror, `ERR_STEGO_DOWNLOAD` if the file cannot be
 * downloaded or verified, `ERR_STEGO_FILE` for disk errors, and the signal's reason.
 */
export function resolveWeights(name: string, options: ResolveOptions = {}): Promise<ResolvedWeights> {
  return resolveEntry(published(name), options)
}

/** Like `resolveWeights`, for an entry, with settings that tests can override. */
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

/** URL of a file, original or on a mirror. */
function addressOf(entry: PublishedWeights, mirror: string | undefined): URL {
  if (mirror === undefined) return new URL(entry.url)
  const url = URL.canParse(mirror) ? new URL(mirror) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the mirror (STEGO_MIRROR) must be an http:// or https:// address, got ${JSON.stringify(mirror)}. Set ` +
        `it to the URL of the folder that contains ${fileName(entry)}.`,
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
    `${entry.name} cannot be downloaded from ${publicUrl(url)}: ${failure.message}. Set STEGO_MIRROR to the URL of ` +
      `a folder that contains ${fileName(entry)}, or ${otherwise(entry)}.`,
    { cause: failure },
  )
}

/** Remedy that needs no network. */
function otherwise(entry: PublishedWeights): string {
  const file = 'pass the path of a file that you downloaded another way'
  return entry.kind === 'model' ? file : `${file}, or use backbone "starter", which needs no download`
}
