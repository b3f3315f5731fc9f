/** The list that a folder keeps of the pictures that stego wrote into it, so that they are never taken for data. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeWhole } from '../write-whole.js'

/** Name of the list: one file name a line. */
const OUTPUT_LIST = '.stego-outputs'

/** Adds files to the lists of their folders. Rejects with `ERR_STEGO_FILE`. */
export async function listAsOutputs(files: string[]): Promise<void> {
  const byFolder = new Map<string, string[]>()
  for (const file of files) {
    byFolder.set(dirname(file), [...(byFolder.get(dirname(file)) ?? []), basename(file)])
  }
  for (const [folder, names] of byFolder) {
    const list = join(folder, OUTPUT_LIST)
    const all = await outputsOf(folder)
    const known = all.size
    for (const name of names) all.add(name)
    if (all.size > known) await writeWhole(list, Buffer.from(`${[...all].sort().join('\n')}\n`))
  }
}

/** The files in a folder's list. */
export async function outputsOf(folder: string): Promise<Set<string>> {
  const text = await readFile(join(folder, OUTPUT_LIST), 'utf8').catch(() => '')
  return new Set(text.split('\n').filter((name) => name !== ''))
}
