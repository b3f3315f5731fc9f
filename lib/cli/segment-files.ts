/** Which images `stego segment` reads and which files it writes. */
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { StegoError } from '../errors.js'
import { brief } from '../values.js'
import type { Place } from './segment-place.js'

/** An image to segment and the file to write. */
export interface Task {
  image: string
  file: string
}

/** What is to be done. */
export interface Tasks {
  list: Task[]
  /** Lines about files in the folders that are not images. */
  notes: string[]
  /** Whether the output folder lies in a folder of images, so that its files have to be marked. */
  isInside: boolean
}

/** Bytes of the longest file name on usual file systems. */
const LONGEST_NAME = 255

/**
 * Lists the images in files and folders, and a name for each output that is no input and no other output.
 * @param place where outputs go
 */
export async function planSegments(sources: string[], place: Place, recursive: boolean): Promise<Tasks> {
  const { openFolder } = await import('../datasets/folder.js')
  const { unusedLines } = await import('../datasets/unused.js')
  const found: { image: string; stem: string }[] = []
  const notes: string[] = []
  const folders: string[] = []
  for (const source of sources) {
    if (!(await isFolder(source))) {
      folders.push(dirname(resolve(source)))
      found.push({ image: source, stem: source === '-' ? 'stdin' : basename(source, extname(source)) })
      continue
    }
    folders.push(resolve(source))
    const { items, unused } = await openFolder(source, 'train', recursive)
    found.push(...items.map(({ image, name }) => ({ image, stem: name })))
    notes.push(...unusedLines(unused))
  }
  const { folder: out, file, ending } = place
  const target = resolve(out)
  const taken = new Set(found.map(({ image }) => relative(target, resolve(image))))
  if (file !== null && taken.has(basename(file))) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `stego segment: --out ${brief(file)} is the image itself. Name another file.`,
    )
  }
  const list = found.map(({ image, stem }) => ({
    image,
    file: file ?? join(out, freeName(stem, ending, taken)),
  }))
  return { list, notes, isInside: folders.some((folder) => !relative(folder, target).startsWith('..')) }
}

/** Whether a path is a folder. */
export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

/** A name that no image and no other output has, and that fits the file system. */
function freeName(stem: string, ending: string, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const end = number === 1 ? ending : `-${number}${ending}`
    const name = join(dirname(stem), shortened(basename(stem), end))
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

/** A name of at most 255 bytes: a long stem loses its end at a whole character. */
function shortened(stem: string, end: string): string {
  let left = stem
  while (Buffer.byteLength(left + end) > LONGEST_NAME) left = [...left].slice(0, -1).join('')
  return left + end
}

/** The tiles of a grid in order: those of tasks by their names, 2 before 10. */
export function tilesOf(tasks: Task[], { rows, columns }: { rows: number; columns: number }): string[] {
  const tiles = tasks.map(({ image }) => image).sort(new Intl.Collator('en', { numeric: true }).compare)
  if (tiles.length === rows * columns) return tiles
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `stego segment: --stitch ${rows}x${columns} needs ${rows * columns} images, got ${tiles.length}. Pass all ` +
      'tiles of one picture, or change the grid.',
  )
}
