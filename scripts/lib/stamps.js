/** Small JSON notes in build/ about what was made from what, by which a later run sees that it is still fresh. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { inRoot } from './paths.js'

const stampFile = (name) => inRoot('build', 'stamps', `${name}.json`)

/** The note, or null where there is none that can be read. */
export function readStamp(name) {
  try {
    return JSON.parse(readFileSync(stampFile(name), 'utf8'))
  } catch {
    return null
  }
}

export function writeStamp(name, value) {
  const file = stampFile(name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(value, null, 2))
  renameSync(`${file}.new`, file)
}

export const removeStamp = (name) => rmSync(stampFile(name), { force: true })

export const stampEquals = (name, value) => isDeepStrictEqual(readStamp(name), value)
