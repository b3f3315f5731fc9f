/** Where things are in this checkout, whatever folder a script is started from. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..')

/** A path inside the checkout. */
export const inRoot = (...parts) => path.join(root, ...parts)

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))
