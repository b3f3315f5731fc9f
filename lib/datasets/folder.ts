/**
 * Lists folders of images. Two layouts are supported; the first is that of data.py DirectoryDataset:
 *
 * - "directory": `imgs/<split>/*` with optional `labels/<split>/*.png`, paired by file name without
 *   extension;
 * - flat: a folder with images directly in it, which is the unlabeled split `train`.
 */
import { type Dirent, type Stats, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { nearest } from '../options/nearest.js'
import { checkSplit, type Item } from './source.js'

/** Contents of one split of a folder. */
export interface Listing {
  name: string
  /** Sorted by name. */
  items: Item[]
  /** Number of items with a label map. */
  labeled: number
}

/** Extensions of the formats that sharp decodes everywhere and that hold photographs. */
const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'tif', 'tiff', 'gif', 'avif']
const READ_EXTENSIONS = IMAGE_EXTENSIONS.join(', ')
const FLAT_SPLIT = 'train'
const LAYOUT =
  'Put images directly in the folder, or in imgs/<split>/ with label maps in labels/<split>/*.png.'

interface Contents {
  files: string[]
  folders: string[]
}

type Layout = { kind: 'directory'; splits: string[] } | { kind: 'flat'; images: string[] }

/**
 * Lists one split of a folder without reading file contents.
 * @param root the folder, a path or `file:` URL
 * @param split name of the split: a folder in `imgs/`, or `train` for a flat folder
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` if the folder or split does not exist, `ERR_STEGO_DATA_EMPTY` if it
 * holds no images, `ERR_STEGO_DATA_LAYOUT` if labels and images cannot be paired.
 */
export async function openFolder(root: string | URL, split: string): Promise<Listing> {
  const folder = folderPath(root)
  const layout = await detectLayout(folder)
  const splits = layout.kind === 'flat' ? [FLAT_SPLIT] : layout.splits
  checkSplit(split, splits, folder)
  if (layout.kind === 'flat') {
    const items = layout.images.map((file) => ({ name: stem(file), image: join(folder, file), label: null }))
    return { name: split, items: items.sort(byName), labeled: 0 }
  }
  const imageFolder = join(folder, 'imgs', split)
  const contents = await readFolder(imageFolder)
  const images = contents.files.filter(isImage)
  if (images.length === 0) throw emptyFolder(imageFolder, contents)
  const labels = await listLabels(folder, split, layout.splits)
  const items = pairLabels(imageFolder, images, join(folder, 'labels', split), labels)
  return { name: split, items, labeled: labels.length }
}

/** Whether a folder has the directory layout. Rejects as `openFolder` does. */
export async function isDirectoryLayout(root: string | URL): Promise<boolean> {
  return (await detectLayout(folderPath(root))).kind === 'directory'
}

/**
 * Lists the splits of a folder, sorted; `['train']` for a flat folder. Rejects as `openFolder` does if the
 * folder is missing, empty or has another layout.
 */
export async function listFolderSplits(root: string | URL): Promise<string[]> {
  const layout = await detectLayout(folderPath(root))
  return layout.kind === 'flat' ? [FLAT_SPLIT] : layout.splits
}

/**
 * A folder's absolute path. Throws `ERR_STEGO_DATA_MISSING` if `root` is neither a path nor a `file:` URL.
 */
export function folderPath(root: string | URL): string {
  if (root instanceof URL && root.protocol === 'file:') return fileURLToPath(root)
  if (typeof root === 'string' && root !== '') return resolve(root)
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `expected the path or file: URL of a folder of images, got ${JSON.stringify(root) ?? root}.`,
  )
}

async function detectLayout(folder: string): Promise<Layout> {
  const contents = await readFolder(folder)
  const images = contents.files.filter(isImage)
  if (!contents.folders.includes('imgs')) {
    if (images.length === 0) throw emptyFolder(folder, contents)
    return { kind: 'flat', images }
  }
  const imageFolder = join(folder, 'imgs')
  const inside = await readFolder(imageFolder)
  const stray = inside.files.find(isImage)
  if (stray !== undefined) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${imageFolder} must have one folder per split, but contains images directly, such as ${stray}. ` +
        `Move them to ${join(imageFolder, FLAT_SPLIT)}.`,
    )
  }
  if (inside.folders.length === 0) throw emptyFolder(imageFolder, inside)
  return { kind: 'directory', splits: inside.folders }
}

/** The label files of a split; none if the dataset or this split is unlabeled. */
async function listLabels(folder: string, split: string, splits: string[]): Promise<string[]> {
  if (!(await readFolder(folder)).folders.includes('labels')) return []
  const root = join(folder, 'labels')
  const inside = await readFolder(root)
  const stray = inside.files.find(isImage)
  if (stray !== undefined) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${root} must have one folder per split, but contains label maps directly, such as ${stray}. ` +
        `Move them to ${join(root, split)}.`,
    )
  }
  const unknown = inside.folders.find((name) => !splits.includes(name))
  if (unknown !== undefined) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${join(root, unknown)} has no images: the splits in ${join(folder, 'imgs')} are ` +
        `${splits.join(', ')}. Name the label folder after the split of its images, or move it elsewhere.`,
    )
  }
  if (!inside.folders.includes(split)) return []
  const files = (await readFolder(join(root, split))).files.filter(isImage)
  const other = files.find((file) => extension(file) !== 'png')
  if (other !== undefined) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `label maps must be PNG files, got ${join(root, split, other)}. ` +
        'Save class indices as single-channel PNG; lossy formats change them.',
    )
  }
  return files
}

/** Pairs images and labels by name, never by position. */
function pairLabels(imageFolder: string, images: string[], labelFolder: string, labels: string[]): Item[] {
  const items = images.map(
    (file): Item => ({ name: stem(file), image: join(imageFolder, file), label: null }),
  )
  const byStem = new Map<string, Item>()
  const ambiguous = new Map<string, Item>()
  for (const item of items) {
    const twin = byStem.get(item.name)
    if (twin) ambiguous.set(item.name, twin)
    byStem.set(item.name, item)
  }
  for (const file of labels) {
    const label = join(labelFolder, file)
    const item = byStem.get(stem(file))
    if (!item) {
      const suggestion = nearest(stem(file), [...byStem.keys()])
      throw new StegoError(
        'ERR_STEGO_DATA_LAYOUT',
        `the label map ${label} has no image: expected ${stem(file)} with an image extension in ` +
          `${imageFolder}${suggestion ? ` (the nearest name there is "${suggestion}")` : ''}. ` +
          'Give the image and label the same name, or move the label elsewhere.',
      )
    }
    const twin = ambiguous.get(item.name)
    if (twin) {
      throw new StegoError(
        'ERR_STEGO_DATA_LAYOUT',
        `${twin.image} and ${item.image} share the name of the label map ${label}. ` +
          'Rename one of the images so that the label matches only one.',
      )
    }
    if (item.label !== null) {
      throw new StegoError(
        'ERR_STEGO_DATA_LAYOUT',
        `${item.label} and ${label} are both label maps of ${item.image}. Remove one of them.`,
      )
    }
    item.label = label
  }
  return items.sort(byName)
}

/** Files and folders by name in code unit order, without hidden ones. Links are followed. */
async function readFolder(folder: string): Promise<Contents> {
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    throw await unreadableFolder(folder, cause)
  }
  const contents: Contents = { files: [], folders: [] }
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const target = entry.isSymbolicLink() ? linked(join(folder, entry.name)) : entry
    if (target?.isFile()) contents.files.push(entry.name)
    else if (target?.isDirectory()) contents.folders.push(entry.name)
  }
  contents.files.sort(byCodeUnits)
  contents.folders.sort(byCodeUnits)
  return contents
}

/** Target of a link; null if the link is broken. */
function linked(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

async function unreadableFolder(folder: string, cause: unknown): Promise<StegoError> {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOTDIR') {
    const message = `expected a folder of images, got the file ${folder}. Name the folder it is in.`
    return new StegoError('ERR_STEGO_DATA_MISSING', message, { cause })
  }
  if (code === 'ENOENT') {
    const siblings = await readdir(dirname(folder), { withFileTypes: true }).catch(() => [])
    const folders = siblings.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    const suggestion = nearest(basename(folder), folders)
    const remedy = suggestion ? `Did you mean ${join(dirname(folder), suggestion)}?` : 'Check the path.'
    return new StegoError('ERR_STEGO_DATA_MISSING', `the folder ${folder} does not exist. ${remedy}`, {
      cause,
    })
  }
  const message = `the folder ${folder} cannot be read (${code ?? cause}). Check its permissions.`
  return new StegoError('ERR_STEGO_FILE', message, { cause })
}

function emptyFolder(folder: string, contents: Contents): StegoError {
  const others = [...new Set(contents.files.map(extension).filter((name) => name !== ''))].sort(byCodeUnits)
  const found = others.length > 0 ? `, only files of type ${others.slice(0, 5).join(', ')}` : ''
  const shown = contents.folders.slice(0, 5).join(', ')
  const more = contents.folders.length > 5 ? ', ...' : ''
  const inside =
    contents.folders.length > 0 ? ` It has subfolders (${shown}${more}), which are not searched.` : ''
  return new StegoError(
    'ERR_STEGO_DATA_EMPTY',
    `there are no images in ${folder}${found}. The extensions read are ${READ_EXTENSIONS}.` +
      `${inside} ${LAYOUT}`,
  )
}

const stem = (file: string) => basename(file, extname(file))
const extension = (file: string) => extname(file).slice(1).toLowerCase()
const isImage = (file: string) => IMAGE_EXTENSIONS.includes(extension(file))
const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byName = (a: Item, b: Item) => byCodeUnits(a.name, b.name) || byCodeUnits(a.image, b.image)
