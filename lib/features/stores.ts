/** The feature stores on this machine. */

import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StegoError } from '../errors.js'
import { job } from '../native/index.js'
import { nearest } from '../options/nearest.js'
import { pathOf } from '../options/path.js'
import { isStore, type StoreDescription, storeFolder } from './plan.js'

/** One store. */
export interface FeatureStoreInfo {
  /** Name of its file, without the extension. */
  name: string
  /** Its file. */
  file: string
  /** Images it is for. */
  images: number
  /** How many of them are in it. */
  done: number
  /** Bytes on disk. */
  bytes: number
  /** ISO date of the last change. */
  changed: string
  /** What determines its features; null where the file is none of this version's. */
  description: StoreDescription | null
}

/** Where stores are looked for. */
export interface FeatureStoresOptions {
  /** Folder of the stores; default `features` in the cache folder (`STEGO_CACHE`). */
  storeFolder?: string | URL | null
}

/** Lists the stores, the last changed first. Rejects with `ERR_STEGO_FILE` where their folder cannot be read. */
export async function listFeatureStores(options: FeatureStoresOptions = {}): Promise<FeatureStoreInfo[]> {
  const stores = await Promise.all((await storeFiles(options)).map(describe))
  return stores.sort((a, b) => (a.changed < b.changed ? 1 : -1))
}

/**
 * Removes stores; a run that is using one goes on with it. Returns what was removed.
 * @param names of `listFeatureStores`; `'all'` for every store
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` for an unknown name, before any is removed.
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
        (meant ? `Did you mean ${meant}?` : `List the stores to see their names; there are ${known.length}.`),
    )
  }
  const removed = stores.filter(({ name }) => wanted.includes(name))
  for (const { file } of removed) await rm(file, { force: true })
  return removed
}

function folderOf({ storeFolder: folder = null }: FeatureStoresOptions): string {
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
      `the folder of feature stores ${folder} cannot be read (${code ?? cause}). Check the path and its permissions.`,
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
