/** Files in a data folder that are not used or cannot be, and why. */
import { extname } from 'node:path'
import { CONVERSIONS } from '../images/file-kind.js'

/** An image that cannot be used. */
export interface BadImage {
  /** Path of the image. */
  image: string
  /** Why, in words. */
  reason: string
}

/** Files that are not used for one reason. */
export interface UnusedFiles {
  /** Why, in words. */
  reason: string
  /** How many. */
  files: number
  /** One of them, relative to the data folder. */
  example: string
}

/** Files of data sets that describe and are no images. */
const COMPANIONS = ['txt', 'json', 'xml', 'csv', 'yaml', 'yml', 'md', 'html', 'pdf', 'log', 'aae', 'xmp']

/**
 * Groups files by the reason why they are not used: convertible images first, then the most frequent.
 * @param files relative paths of files that are not images that are read
 */
export function describeUnused(files: string[]): UnusedFiles[] {
  const groups = new Map<string, string[]>()
  for (const file of files) {
    const key = extensionOf(file)
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  const rank = (key: string) => (key in CONVERSIONS ? 0 : COMPANIONS.includes(key) ? 2 : 1)
  return [...groups]
    .sort(([a, first], [b, second]) => rank(a) - rank(b) || second.length - first.length)
    .map(([key, found]) => ({ reason: reasonOf(key), files: found.length, example: found[0]! }))
}

function reasonOf(key: string): string {
  if (key === '') return 'without an extension'
  const conversion = CONVERSIONS[key]
  return conversion === undefined
    ? `.${key} is not an image format that is read`
    : `.${key} is not read; ${conversion}`
}

/** One line for each reason; empty if all files are used. */
export function unusedLines(unused: UnusedFiles[]): string[] {
  return unused.map(({ reason, files, example }) => {
    const count = files === 1 ? example : `${files} files, such as ${example}`
    return `not used: ${count} (${reason})`
  })
}

/** Lines about everything in a folder that is not used. */
export function leftOutLines(found: {
  unused: UnusedFiles[]
  skipped: BadImage[]
  notes: string[]
}): string[] {
  const { unused, skipped, notes } = found
  return [
    ...unusedLines(unused),
    ...skipped.map(({ reason }) => `left out: ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ]
}

/** The extension of a file in lower case, without its dot. */
export const extensionOf = (file: string) => extname(file).slice(1).toLowerCase()
