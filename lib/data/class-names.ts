/** Names of the classes, from `classes.txt` in the data folder: one name a line, in order of their index. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The names, where the file is there and names exactly `classes` of them; else null. */
export async function readClassNames(root: string, classes: number): Promise<string[] | null> {
  const text = await readFile(join(root, 'classes.txt'), 'utf8').catch(() => null)
  const names = text?.split(/\r?\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  return names?.length === classes ? names : null
}
