/** The files of a folder and its subfolders, without those that are no data: of the system, of cameras, of stego itself. */
import { type Dirent, statSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StegoError } from '../errors.js'
import { nearest } from '../options/nearest.js'
import { brief } from '../values.js'
import { outputsOf } from './outputs.js'

/** Files below a folder. */
export interface Tree {
  /** Paths relative to the folder with `/` between names, in code unit order. */
  files: string[]
  /** Names of the folders directly in it, whether searched or not. */
  folders: string[]
}

/** Files and folders that systems, cameras and tools leave in a folder, in lower case. */
const FOREIGN = [
  '@eadir',
  '#recycle',
  '@recycle',
  '@tmp',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  '__macosx',
  'thumbs.db',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  'desktop.ini',
  'icon\r',
  'node_modules',
  '__pycache__',
]

/**
 * Lists a folder. Hidden files, those of system software, files that stego wrote and folders of its runs are left out;
 * links are followed, each folder once.
 * @param recursive whether to list subfolders too
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` if the folder does not exist, `ERR_STEGO_FILE` if it cannot be read.
 */
export async function walk(folder: string, recursive: boolean): Promise<Tree> {
  const tree: Tree = { files: [], folders: [] }
  await visit(folder, '', recursive, new Set(), tree)
  tree.files.sort(byCodeUnits)
  tree.folders.sort(byCodeUnits)
  return tree
}

async function visit(
  folder: string,
  prefix: string,
  recursive: boolean,
  visited: Set<string>,
  tree: Tree,
): Promise<void> {
  const real = await realpath(folder).catch(() => folder)
  if (visited.has(real)) return
  visited.add(real)
  const entries = await entriesOf(folder)
  if (prefix !== '' && isRun(entries)) return
  const outputs = await outputsOf(folder)
  for (const { name, isFile, isFolder } of entries.map((entry) => targetOf(folder, entry))) {
    if (name.startsWith('.') || FOREIGN.includes(name.toLowerCase()) || outputs.has(name)) continue
    if (isFile) tree.files.push(prefix + name)
    if (!isFolder) continue
    if (prefix === '') tree.folders.push(name)
    if (recursive) await visit(join(folder, name), `${prefix}${name}/`, true, visited, tree)
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    throw await unreadableFolder(folder, cause)
  }
}

/** Whether a folder is a run, whose pictures are no data. */
function isRun(entries: Dirent[]): boolean {
  const has = (name: string) => entries.some((entry) => entry.name === name)
  return has('checkpoints') && (has('config.yaml') || has('events.jsonl'))
}

/** An entry or, for a link, what it leads to: neither file nor folder if it is broken. */
function targetOf(folder: string, entry: Dirent) {
  const { name } = entry
  if (!entry.isSymbolicLink()) return { name, isFile: entry.isFile(), isFolder: entry.isDirectory() }
  const stats = statSync(join(folder, name), { throwIfNoEntry: false })
  return { name, isFile: stats?.isFile() ?? false, isFolder: stats?.isDirectory() ?? false }
}

async function unreadableFolder(folder: string, cause: unknown): Promise<StegoError> {
  const code = (cause as NodeJS.ErrnoException).code
  const shown = brief(folder)
  if (code === 'ENOTDIR') {
    const message = `expected a folder of images, got the file ${shown}. Name the folder it is in.`
    return new StegoError('ERR_STEGO_DATA_MISSING', message, { cause })
  }
  if (code === 'ENOENT') {
    const siblings = await readdir(dirname(folder), { withFileTypes: true }).catch(() => [])
    const folders = siblings.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    const suggestion = nearest(basename(folder), folders)
    const remedy = suggestion ? `Did you mean ${join(dirname(folder), suggestion)}?` : 'Check the path.'
    return new StegoError('ERR_STEGO_DATA_MISSING', `the folder ${shown} does not exist. ${remedy}`, {
      cause,
    })
  }
  const message = `the folder ${shown} cannot be read (${code ?? cause}). Check its permissions.`
  return new StegoError('ERR_STEGO_FILE', message, { cause })
}

/** The order of names: by code units. */
export const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
