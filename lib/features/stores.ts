/** Lists and removes the feature stores on this machine. */
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StegoError } from '../errors.js'
import { job } from '../native/index.js'
import { nearest } from '../options/nearest.js'
import { pathOf } from '../options/path.js'
import { isStore, type StoreDescription, storeFolder } from './plan.js'

/** A feature store. */
export interface FeatureStoreInfo {
  /** File name without the extension. */
  name: string
  /** Path of the file. */
  file: string
  /** Number of images it is for. */
  images: number
  /** Number of images already stored. */
  done: number
  /** Bytes on disk. */
  bytes: number
  /** ISO date of the last change. */
  changed: string
  /** What its features were computed from; null if another version wrote the file. */
  description: StoreDescription | null
}

/** Where to look for stores. */
export interface FeatureStoresOptions {
  /** Folder of the stores. Default: `features` in the cache folder (`STEGO_CACHE`). */
  folder?: string | URL | null
}

/** Lists the stores, most recently changed first. Rejects with `ERR_STEGO_FILE` if their folder cannot be read. */
export async function listFeatureStores(options: FeatureStoresOptions = {}): Promise<FeatureStoreInfo[]> {
  const stores = await Promise.all((await storeFiles(options)).map(describe))
  return stores.sort((a, b) => (a.changed < b.changed ? 1 : -1))
}

/**
 * Removes stores and returns them. A run that is using one can continue.
 * @param names names from `listFeatureStores`, or `'all'`
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` for an unknown name, without removing any.
 */
export async function removeFeatureStores(
  names: string[] | 'all',
  options: FeatureStoresOptions = {},
): Promise<FeatureStoreInfo[]> {
  const stores = await listFeatureStores(options)
  const known = stores.map(({ name }) => name)
  const wanted = names === 'all' ? known : names
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const meant = nearest(unknown, known)
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `there is no feature store "${unknown}" in ${folderOf(options)}. ` +
        (meant ? `Did you mean ${meant}?` : `List the stores to see the names of all ${known.length}.`),
    )
  }
  const removed = stores.filter(({ name }) => wanted.includes(name))
  for (const { file } of removed) await rm(file, { force: true })
  return removed
}

function folderOf({ folder = null }: FeatureStoresOptions): string {
  return storeFolder(folder === null ? null : pathOf(folder))
}

async function storeFiles(options: FeatureStoresOptions): Promise<string[]> {
  const folder = folderOf(options)
  try {
    return (await readdir(folder)).filter(isStore).map((file) => join(folder, file))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the feature store folder ${folder} cannot be read (${code ?? cause}). Check the path and its permissions.`,
      { cause },
    )
  }
}

async function describe(file: string): Promise<FeatureStoreInfo> {
  const { blocks, mtime } = await stat(file)
  const name = basename(file).replace(/\.[^.]*$/, '')
  const own = { name, file, bytes: 512 * blocks, changed: mtime.toISOString() }
  try {
    const { count, done, description } = await job((native) => native.inspectFeatures(file))
    return { ...own, images: count, done, description: JSON.parse(description) }
  } catch {
    return { ...own, images: 0, done: 0, description: null }
  }
}
