/** What a setup will fetch, where it goes, and whether it fits: known before anything is downloaded. */
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StegoError } from '../errors.js'
import type { CudaPlaces } from '../native/cuda.js'
import { formatBytes } from '../options/bytes.js'
import { publicUrl } from '../weights/download.js'
import { isUnpacked } from './install-wheel.js'
import type { Wheel } from './wheel.js'

/** What a setup is about to do. */
export interface SetupPlan {
  /** Where everything goes. */
  folder: string
  /** Address of the package index, without credentials. */
  index: string
  /** Versions of libtorch and of the CUDA toolkit. */
  torch: string
  cuda: string
  /** What is left to fetch; less than everything if an earlier setup was interrupted. */
  wheels: readonly Wheel[]
  /** Bytes of these wheels that are left to download. */
  download: number
  /** Bytes they take when unpacked. */
  unpacked: number
  /** Most bytes on the disk at any time: each archive is deleted once it is unpacked. */
  needed: number
  /** Free bytes on the disk. */
  free: number
}

/** What a plan is made of. */
export interface PlanRequest {
  places: CudaPlaces
  index: URL
  torch: string
  cuda: string
  wheels: readonly Wheel[]
  freeBytes(folder: string): Promise<number>
}

/** Makes the plan. Throws `ERR_STEGO_FILE` if the disk cannot be asked. */
export async function makePlan({
  places,
  index,
  wheels,
  freeBytes,
  ...versions
}: PlanRequest): Promise<SetupPlan> {
  const left: Wheel[] = []
  let [download, unpacked, needed] = [0, 0, 0]
  for (const wheel of wheels) {
    if (await isUnpacked(wheel, places.site)) continue
    left.push(wheel)
    const missing = Math.max(0, wheel.size - (await received(join(places.downloads, wheel.file))))
    download += missing
    needed = Math.max(needed, unpacked + missing + wheel.unpacked)
    unpacked += wheel.unpacked
  }
  const free = await freeBytes(await existing(places.folder))
  return {
    folder: places.folder,
    index: publicUrl(index),
    ...versions,
    wheels: left,
    download,
    unpacked,
    needed,
    free,
  }
}

/** Throws `ERR_STEGO_FILE` if the disk has too little room. */
export function checkRoom({ folder, download, unpacked, needed, free }: SetupPlan): void {
  if (free >= needed) return
  throw new StegoError(
    'ERR_STEGO_FILE',
    `${folder} needs ${formatBytes(needed)} of free space, but ${formatBytes(free)} are left: ` +
      `${formatBytes(download)} are to be downloaded, and ${formatBytes(unpacked)} remain when unpacked. Free some space, ` +
      'or set STEGO_CACHE to a folder on another disk.',
  )
}

/** The plan for people, line by line. */
export function describePlan(plan: SetupPlan): string {
  const { folder, index, torch, cuda, wheels, download, unpacked, free } = plan
  const name = Math.max(...wheels.map((wheel) => wheel.name.length))
  const version = Math.max(...wheels.map((wheel) => wheel.version.length))
  return [
    `libtorch ${torch} for CUDA ${cuda}, from ${index}:`,
    ...wheels.map(
      (wheel) =>
        `  ${wheel.name.padEnd(name)}  ${wheel.version.padEnd(version)}  ${formatBytes(wheel.size).padStart(9)}`,
    ),
    `to download: ${formatBytes(download)}; unpacked: ${formatBytes(unpacked)}, in ${folder}; ${formatBytes(free)} free`,
    'licenses: PyTorch is under BSD-3-Clause; the NVIDIA libraries are under the CUDA EULA ' +
      "(https://docs.nvidia.com/cuda/eula) or the license named in their packages. Each package's text will be in " +
      `${join('site', '*.dist-info')} there.`,
  ].join('\n')
}

/** Bytes of a file that were downloaded earlier. */
async function received(file: string): Promise<number> {
  for (const path of [file, `${file}.part`]) {
    const found = await stat(path).catch(() => null)
    if (found) return found.size
  }
  return 0
}

/** The folder, or its nearest parent that exists. */
async function existing(folder: string): Promise<string> {
  const parent = dirname(folder)
  const there = parent === folder || (await stat(folder).catch(() => null)) !== null
  return there ? folder : existing(parent)
}
