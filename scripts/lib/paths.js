/** Locates things in this checkout, no matter which folder a script is started from. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..')

/** A path inside the checkout. */
export const inRoot = (...parts) => path.join(root, ...parts)

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/**
 * Resolves a command-line path against the folder npm was called in, because `npm run` moves to the checkout's root.
 */
export function callersFolder() {
  const { npm_lifecycle_script: script, INIT_CWD: calledIn } = process.env
  const byNpmRun = process.cwd() === root && script?.includes(path.basename(process.argv[1]))
  return (byNpmRun && calledIn) || process.cwd()
}

/** All files in a folder and below, sorted; none if the folder does not exist. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}
