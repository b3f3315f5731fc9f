/**
 * Lists folders of images. Two layouts are supported; the first is that of data.py DirectoryDataset:
 *
 * - "directory": `imgs/<split>/` with optional `labels/<split>/*.png`, paired by path without extension;
 * - flat: a folder with images, which is the unlabeled split `train`.
 *
 * Both are searched with their subfolders.
 */
import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StegoError } from '../errors.js'
import { brief, isUrl } from '../values.js'
import { CLASS_NAMES_FILE } from './class-names.js'
import { pairLabels } from './pair-labels.js'
import { checkSplit, type Item } from './source.js'
import { describeUnused, extensionOf, type UnusedFiles } from './unused.js'
import { byCodeUnits, type Tree, walk } from './walk.js'

/** Contents of one split of a folder. */
export interface Listing {
  name: string
  /** Sorted by name. */
  items: Item[]
  /** Number of items with a label map. */
  labeled: number
  /** Files that are neither images nor label maps. */
  unused: UnusedFiles[]
}

/** Extensions of the formats that sharp decodes everywhere and that hold photographs. */
const IMAGE_EXTENSIONS = ['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'tif', 'tiff', 'gif', 'avif']
const READ_EXTENSIONS = IMAGE_EXTENSIONS.join(', ')
const FLAT_SPLIT = 'train'
const LAYOUT =
  'Put images directly in the folder, or in imgs/<split>/ with label maps in labels/<split>/*.png.'
/** Folders beside images that people keep label maps in; they are no images to learn from. */
const LABEL_FOLDERS = [
  'labels',
  'label',
  'masks',
  'mask',
  'annotations',
  'annots',
  'gt',
  'groundtruth',
  'ground_truth',
  'segmentationclass',
  'segmentationobject',
]

type Layout =
  | { kind: 'directory'; splits: string[] }
  | { kind: 'flat'; images: string[]; others: string[]; labelFolders: UnusedFiles[] }

/**
 * Lists one split of a folder without reading file contents.
 * @param root the folder, a path or `file:` URL
 * @param split name of the split: a folder in `imgs/`, or `train` for a flat folder
 * @param recursive whether to search subfolders
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` if the folder or split does not exist, `ERR_STEGO_DATA_EMPTY` if it
 * holds no images, `ERR_STEGO_DATA_LAYOUT` if labels and images cannot be paired.
 */
export async function openFolder(root: string | URL, split: string, recursive = true): Promise<Listing> {
  const folder = folderPath(root)
  const layout = await detectLayout(folder, recursive)
  const splits = layout.kind === 'flat' ? [FLAT_SPLIT] : layout.splits
  checkSplit(split, splits, folder)
  if (layout.kind === 'flat') {
    const items = layout.images.map((file) => itemOf(folder, file))
    const others = layout.others.filter((file) => file !== CLASS_NAMES_FILE)
    const unused = [...layout.labelFolders, ...describeUnused(others)]
    return { name: split, items: items.sort(byName), labeled: 0, unused }
  }
  const imageFolder = join(folder, 'imgs', split)
  const tree = await walk(imageFolder, recursive)
  const images = tree.files.filter(isImage)
  if (images.length === 0) throw emptyFolder(imageFolder, tree, recursive)
  const labels = await listLabels(folder, split, layout.splits, recursive)
  const labelFolder = join(folder, 'labels', split)
  const items = pairLabels(
    images.map((file) => itemOf(imageFolder, file)),
    labels.filter(isImage).map((file) => ({ name: stem(file), path: join(labelFolder, file) })),
    imageFolder,
  )
  const beside = (place: string, files: string[]) =>
    files.filter((file) => !isImage(file)).map((file) => `${place}/${split}/${file}`)
  const unused = describeUnused([...beside('imgs', tree.files), ...beside('labels', labels)])
  return { name: split, items: items.sort(byName), labeled: labels.filter(isImage).length, unused }
}

/** Whether a folder has the directory layout. Rejects as `openFolder` does. */
export async function isDirectoryLayout(root: string | URL, recursive = true): Promise<boolean> {
  return (await detectLayout(folderPath(root), recursive)).kind === 'directory'
}

/**
 * Lists the splits of a folder, sorted; `['train']` for a flat folder. Rejects as `openFolder` does if the
 * folder is missing, empty or has another layout.
 */
export async function listFolderSplits(root: string | URL, recursive = true): Promise<string[]> {
  const layout = await detectLayout(folderPath(root), recursive)
  return layout.kind === 'flat' ? [FLAT_SPLIT] : layout.splits
}

/**
 * A folder's absolute path. Throws `ERR_STEGO_DATA_MISSING` if `root` is neither a path nor a `file:` URL.
 */
export function folderPath(root: string | URL): string {
  const text = isUrl(root) ? root.href : root
  if (typeof text === 'string' && /^file:/i.test(text)) return fileURLToPath(text)
  if (typeof text === 'string' && text !== '' && !isUrl(root)) return resolve(text)
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `expected the path or file: URL of a folder of images, got ${brief(JSON.stringify(text) ?? String(text))}.`,
  )
}

async function detectLayout(folder: string, recursive: boolean): Promise<Layout> {
  const top = await walk(folder, false)
  if (!top.folders.includes('imgs'))
    return flatLayout(folder, recursive ? await walk(folder, true) : top, recursive)
  const imageFolder = join(folder, 'imgs')
  const inside = await walk(imageFolder, false)
  const stray = inside.files.find(isImage)
  if (stray !== undefined) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `${imageFolder} must have one folder per split, but contains images directly, such as ${stray}. ` +
        `Move them to ${join(imageFolder, FLAT_SPLIT)}.`,
    )
  }
  if (inside.folders.length === 0) throw emptyFolder(imageFolder, inside, false)
  return { kind: 'directory', splits: inside.folders }
}

function flatLayout(folder: string, tree: Tree, recursive: boolean): Layout {
  const inLabelFolder = (file: string) =>
    file.includes('/') && LABEL_FOLDERS.includes(file.slice(0, file.indexOf('/')).toLowerCase())
  const files = tree.files.filter((file) => !inLabelFolder(file))
  const images = files.filter(isImage)
  if (images.length === 0) throw emptyFolder(folder, { ...tree, files }, recursive)
  const apart = tree.files.filter((file) => inLabelFolder(file) && isImage(file))
  const reason = 'in a folder that holds labels by its name: put them in labels/<split>/ beside imgs/<split>/'
  const labelFolders = apart.length === 0 ? [] : [{ reason, files: apart.length, example: apart[0]! }]
  return { kind: 'flat', images, others: files.filter((file) => !isImage(file)), labelFolders }
}

/** The files in a split's label folder; none if the dataset or this split is unlabeled. */
async function listLabels(
  folder: string,
  split: string,
  splits: string[],
  recursive: boolean,
): Promise<string[]> {
  if (!(await walk(folder, false)).folders.includes('labels')) return []
  const root = join(folder, 'labels')
  const inside = await walk(root, false)
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
  const { files } = await walk(join(root, split), recursive)
  const other = files.find((file) => isImage(file) && extensionOf(file) !== 'png')
  if (other !== undefined) {
    throw new StegoError(
      'ERR_STEGO_DATA_LAYOUT',
      `label maps must be PNG files, got ${join(root, split, other)}. ` +
        'Save class indices as single-channel PNG; lossy formats change them.',
    )
  }
  return files
}

function emptyFolder(folder: string, { files, folders }: Tree, searched: boolean): StegoError {
  const unused = describeUnused(files).slice(0, 5)
  const found =
    unused.length > 0 ? `: ${unused.map(({ files, reason }) => `${files} x ${reason}`).join('; ')}` : ''
  const shown = folders.slice(0, 5).join(', ')
  const more = folders.length > 5 ? ', ...' : ''
  const inside =
    folders.length > 0 && !searched ? ` It has subfolders (${shown}${more}), which are not searched.` : ''
  return new StegoError(
    'ERR_STEGO_DATA_EMPTY',
    `there are no images in ${folder}${searched ? ' and its subfolders' : ''}${found}. The extensions read are ` +
      `${READ_EXTENSIONS}.${inside} ${LAYOUT}`,
  )
}

const itemOf = (folder: string, file: string): Item => ({
  name: stem(file),
  image: join(folder, file),
  label: null,
})
/** A relative path without its extension. */
const stem = (file: string) => file.slice(0, file.length - extname(file).length)
const isImage = (file: string) => IMAGE_EXTENSIONS.includes(extensionOf(file))
const byName = (a: Item, b: Item) => byCodeUnits(a.name, b.name) || byCodeUnits(a.image, b.image)
