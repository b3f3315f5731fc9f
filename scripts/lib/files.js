/** Folders as lists of files, and a fingerprint that changes when one of them does. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** All files below a folder, sorted; none where the folder does not exist. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

/** Changes whenever one of the files is added, removed, or written. */
export function fingerprint(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const stat = statSync(file, { throwIfNoEntry: false })
    hash.update(`${file}\0${stat?.size}\0${stat?.mtimeMs}\n`)
  }
  return hash.digest('hex')
}
