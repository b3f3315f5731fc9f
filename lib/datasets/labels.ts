/** Reads class maps, which map stored ids to classes, from an object or a YAML file. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { StegoError } from '../errors.js'
import type { LabelMap } from '../native/index.js'
import { type ClassMap, classMapProblem } from './options.js'

/** A class map ready for use. */
export interface ResolvedClassMap {
  /** Class of each stored id, [256]. */
  table: Uint8Array
  /** Number of classes: the highest plus one, or the number of names. */
  classes: number
  names: string[] | null
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
  return { table: labelTable((id) => ids[id]), classes: names?.length ?? highest + 1, names: names ?? null }
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

const ENTRIES = 256

/**
 * The table of a rule from stored ids (0..255) to classes (0..254); ids that the rule leaves out are void.
 */
export function labelTable(classOf: (id: number) => number | null | undefined): Uint8Array {
  return Uint8Array.from({ length: ENTRIES }, (_, id) => classOf(id) ?? VOID)
}

/** A copy of a label map with each id replaced by its class. */
export function mapLabels(labels: LabelMap, table: Uint8Array): LabelMap {
  return { ...labels, data: labels.data.map((id) => table[id]!) }
}

/** 1 where a pixel has a class of at least `least`, else 0: [width * height]. */
export function salienceOf(labels: LabelMap, least: 0 | 1): Uint8Array {
  return labels.data.map((value) => (value >= least && value !== VOID ? 1 : 0))
}
