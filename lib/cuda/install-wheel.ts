/** Fetches and unpacks one wheel. The record in its metadata folder, written last, says that this is done. */
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StegoError } from '../errors.js'
import type { CudaPlaces } from '../native/cuda.js'
import { checkCached } from '../weights/cache.js'
import { type DownloadSettings, download, publicUrl } from '../weights/download.js'
import { FetchFailure } from '../weights/failure.js'
import { writeWhole } from '../write-whole.js'
import { findWheel } from './simple-index.js'
import { unpackWheel } from './unpack.js'
import { infoFolder, type Wheel } from './wheel.js'

const RECORD = 'stego-setup.json'

/** Whether an earlier setup unpacked this wheel. */
export async function isUnpacked(wheel: Wheel, site: string): Promise<boolean> {
  try {
    const { sha256 } = JSON.parse(await readFile(recordOf(wheel, site), 'utf8'))
    return sha256 === wheel.sha256
  } catch {
    return false
  }
}

/** Whether the archive is there, by its size alone. */
export async function isDownloaded({ file, size }: Wheel, downloads: string): Promise<boolean> {
  return (await stat(join(downloads, file)).catch(() => null))?.size === size
}

const recordOf = (wheel: Wheel, site: string) => join(site, infoFolder(wheel), RECORD)

/** How to install a wheel. */
export interface InstallSettings extends DownloadSettings {
  index: URL
  /** Called before unpacking. */
  onUnpack(): void
}

/**
 * Downloads a wheel unless its archive is there, unpacks it and deletes the archive. Throws `ERR_STEGO_DOWNLOAD` if it
 * cannot be fetched, is not the expected file or is damaged, `ERR_STEGO_FILE` for disk errors, and the signal's reason.
 */
export async function installWheel(
  wheel: Wheel,
  { downloads, site }: CudaPlaces,
  settings: InstallSettings,
): Promise<void> {
  const archive = join(downloads, wheel.file)
  if (await isUnpacked(wheel, site)) return
  try {
    if (!(await checkCached(archive, wheel, settings.signal))) await fetchWheel(wheel, archive, settings)
    settings.onUnpack()
    await unpackWheel(archive, site, settings.signal)
  } catch (error) {
    // Another setup may have unpacked it meanwhile and deleted the archive.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !(await isUnpacked(wheel, site))) throw error
  }
  const { name, version, sha256 } = wheel
  const record = { name, version, sha256 }
  await writeWhole(recordOf(wheel, site), Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
  await rm(archive, { force: true })
  await rm(`${archive}.json`, { force: true })
}

async function fetchWheel(wheel: Wheel, file: string, settings: InstallSettings): Promise<void> {
  const { size, sha256 } = wheel
  let from = publicUrl(settings.index)
  try {
    const url = await findWheel(settings.index, wheel, settings)
    from = publicUrl(url)
    await download({ url, file, size, sha256 }, settings)
  } catch (cause) {
    if (!(cause instanceof FetchFailure)) throw cause
    throw new StegoError(
      'ERR_STEGO_DOWNLOAD',
      `${wheel.name} ${wheel.version} cannot be downloaded from ${from}: ${cause.message}. Run stego doctor --setup ` +
        'cuda again, which continues where it stopped, or set STEGO_CUDA_INDEX to another package index.',
      { cause },
    )
  }
}
