/** Finds the official datasets' folders, lists and files, with errors that name what was expected. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StegoError } from '../errors.js'

/** Whether a folder or file exists. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/**
 * The folder of a dataset: `data` itself, or its subfolder with the name from the official code, whichever
 * holds `marker`.
 * @param path path of the dataset below pytorch_data_dir, such as `potsdamraw/processed`
 *
 * Rejects with `ERR_STEGO_DATA_MISSING` if neither does.
 */
export async function datasetFolder(data: string, path: string, marker: string): Promise<string> {
  const parts = path.split('/')
  const candidates = parts.map((_, index) => join(data, ...parts.slice(index))).concat(data)
  for (const folder of candidates) {
    if (await exists(join(folder, marker))) return folder
  }
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `there is no ${join(candidates[0]!, marker)}, nor ${join(data, marker)}: expected data to be the folder that ` +
      `contains ${parts[0]}, or that folder itself. Check the path and the dataset name.`,
  )
}

/**
 * The names in a list file, one per line, without empty lines. Rejects with `ERR_STEGO_DATA_MISSING` or
 * `..._EMPTY`.
 */
export async function readList(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `the list ${path} cannot be read (${cause.code}): expected a text file with one image name per line.`,
      { cause },
    )
  })
  const names = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  if (names.length > 0) return names
  throw new StegoError('ERR_STEGO_DATA_EMPTY', `the list ${path} is empty. Restore the dataset's list.`)
}

/** The names of the files and folders in a folder, in code unit order, without hidden ones. */
export async function namesIn(folder: string, what: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `the folder ${folder} cannot be read (${cause.code}): expected ${what} there.`,
      { cause },
    )
  })
  return names.filter((name) => !name.startsWith('.')).sort()
}

/**
 * Throws `ERR_STEGO_DATA_MISSING` if one of `wanted` is not among the files of the folder, and reports how
 * many are missing.
 * @param folder the folder that holds them all
 * @param wanted names of the files
 * @param why what names them: `the list ...`
 */
export function checkFiles(folder: string, wanted: string[], found: ReadonlySet<string>, why: string): void {
  const missing = wanted.filter((name) => !found.has(name))
  if (missing.length === 0) return
  const more = missing.length > 1 ? ` (${missing.length} of ${wanted.length} files are missing)` : ''
  throw new StegoError(
    'ERR_STEGO_DATA_MISSING',
    `the file ${join(folder, missing[0]!)} does not exist, but ${why} requires it${more}. ` +
      `Restore ${basename(folder)}, or check that the dataset is complete.`,
  )
}
