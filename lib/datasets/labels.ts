/** Reads class maps, which map stored ids to classes, from an object or a YAML file. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { StegoError } from '../errors.js'
import type { IndexMap } from '../formats/png.js'
import type { LabelMap } from '../native/index.js'
import { isArrayOf } from '../values.js'
import { type ClassMap, classMapProblem } from './options.js'

/** A class map ready for use. */
export interface ResolvedClassMap {
  /** Class of each stored id, [256], or [65536] if it has ids above 255. */
  table: Uint8Array
  /** Number of classes: the highest plus one, or the number of names. */
  classes: number
  names: string[] | null
  /** Ids that it names as void. */
  voidIds: number[]
}

/**
 * Reads a class map: an object `{ id: class, names }`, or the path of a YAML file of the same form.
 * Rejects with `ERR_STEGO_DATA_MISSING` if the file does not exist, `ERR_STEGO_FILE` if it cannot be read,
 * `ERR_STEGO_OPTION` if the map is malformed.
 */
export async function readClassMap(input: string | ClassMap): Promise<ResolvedClassMap> {
  const map = typeof input === 'string' ? await readYaml(input) : input
  const problem = classMapProblem(map)
  if (problem !== null) {
    const where = typeof input === 'string' ? ` in ${input}` : ''
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the class map${where} is invalid: expected ${problem}. Write one line "id: class" per id.`,
    )
  }
  const { names, ...classes } = map as ClassMap
  const ids = classes as Record<number, number | null>
  const highest = Math.max(...Object.values(ids).map((value) => value ?? -1))
  const entries = Object.keys(ids).some((id) => Number(id) >= BYTE_ENTRIES) ? WORD_ENTRIES : BYTE_ENTRIES
  const table = labelTable((id) => ids[id], entries)
  const voidIds = Object.keys(ids)
    .map(Number)
    .filter((id) => ids[id] === null)
  return { table, classes: names?.length ?? highest + 1, names: names ?? null, voidIds }
}

async function readYaml(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    const missing = cause.code === 'ENOENT'
    throw new StegoError(
      missing ? 'ERR_STEGO_DATA_MISSING' : 'ERR_STEGO_FILE',
      missing
        ? `the class map ${path} does not exist: expected a YAML file with lines "id: class". Check the path.`
        : `the class map ${path} cannot be read (${cause.code}). Check its permissions.`,
      { cause },
    )
  })
  try {
    return parse(text)
  } catch (cause) {
    const reason = (cause as Error).message.split('\n', 1)[0]
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `the class map ${path} is not valid YAML: ${reason} Write one line "id: class" per id.`,
      { cause },
    )
  }
}

/** Pixels without a class. */
export const VOID = 255

/** Number of ids in 8-bit and in 16-bit files. */
const BYTE_ENTRIES = 2 ** 8
const WORD_ENTRIES = 2 ** 16

/** Returns the table of a rule from stored ids (0..255) to classes (0..254); ids without a class are void. */
export function labelTable(
  classOf: (id: number) => number | null | undefined,
  entries = BYTE_ENTRIES,
): Uint8Array {
  return Uint8Array.from({ length: entries }, (_, id) => classOf(id) ?? VOID)
}

/** A table in which these ids are void too. Without a table, ids are classes. */
export function withoutIds(table: Uint8Array | null, ignored: number[]): Uint8Array {
  const entries = Math.max(
    table?.length ?? BYTE_ENTRIES,
    ...ignored.map((id) => Math.min(id + 1, WORD_ENTRIES)),
  )
  return labelTable((id) => (ignored.includes(id) ? null : table ? table[id] : Math.min(id, VOID)), entries)
}

/** Replaces stored ids by classes. Ids beyond the table are void; without a table, an id is its class. */
export function mapLabels({ data: ids, width, height }: IndexMap, table: Uint8Array | null): LabelMap {
  if (!table && isArrayOf(ids, 'Uint8Array')) return { data: ids, width, height }
  const data = new Uint8Array(ids.length)
  for (let i = 0; i < ids.length; i++) data[i] = table ? (table[ids[i]!] ?? VOID) : Math.min(ids[i]!, VOID)
  return { data, width, height }
}

/** 1 where a pixel has a class of at least `least`, else 0: [width * height]. */
export function salienceOf(labels: LabelMap, least: 0 | 1): Uint8Array {
  return labels.data.map((value) => (value >= least && value !== VOID ? 1 : 0))
}
