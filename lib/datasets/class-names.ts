/** Class names in a file `classes.txt` next to the images. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Split } from './source.js'

export const CLASS_NAMES_FILE = 'classes.txt'

/**
 * The names in a folder's `classes.txt`, without empty lines; null if the file does not exist or has no
 * names.
 */
export async function readClassNames(folder: string): Promise<string[] | null> {
  const text = await readFile(join(folder, CLASS_NAMES_FILE), 'utf8').catch(() => null)
  const names = text?.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  return names?.length ? names : null
}

/** A split's class names if it has exactly `classes` of them, else null. */
export function namesOf(split: Pick<Split, 'classNames'>, classes: number): string[] | null {
  return split.classNames?.length === classes ? split.classNames : null
}
