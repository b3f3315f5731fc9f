/** Class names that stand beside the images, in `classes.txt`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Split } from './source.js'

/** The file that names the classes. */
export const CLASS_NAMES_FILE = 'classes.txt'

/** The names in a folder's `classes.txt`, empty lines left out; null where there is no such file or no name in it. */
export async function readClassNames(folder: string): Promise<string[] | null> {
  const text = await readFile(join(folder, CLASS_NAMES_FILE), 'utf8').catch(() => null)
  const names = text?.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  return names?.length ? names : null
}

/** The names of a split's classes where it names exactly `classes` of them; else null. */
export function namesOf(split: Pick<Split, 'classNames'>, classes: number): string[] | null {
  return split.classNames?.length === classes ? split.classNames : null
}
