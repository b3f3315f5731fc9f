/** The cache folder: what lies in it, and whether it can be written. */
import { constants } from 'node:fs'
import { access, lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CacheReport } from './report.js'

/** Lists the cache folder and checks that it is writable or can be created. Links are not followed. */
export async function describeCache(folder: string): Promise<CacheReport> {
  const names = await readdir(folder).catch(() => null)
  const entries = await Promise.all(
    (names ?? []).map(async (name) => ({ name, bytes: await sizeOf(join(folder, name)) })),
  )
  entries.sort((one, other) => other.bytes - one.bytes || (one.name < other.name ? -1 : 1))
  return {
    folder,
    exists: names !== null,
    writable: await isWritable(folder),
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    entries,
  }
}

/** Size of a file, or of all files in a folder. Unreadable or vanished files count as 0. */
async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) return found?.size ?? 0
  let bytes = 0
  for (const name of await readdir(path).catch(() => [])) bytes += await sizeOf(join(path, name))
  return bytes
}

/** Checks the folder, or its nearest existing parent. */
async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK)
    return true
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(folder) !== folder
    return missing && isWritable(dirname(folder))
  }
}
