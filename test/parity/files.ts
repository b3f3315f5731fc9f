/** The files of a comparison: recorded ones below a folder, and temporary ones for the addon. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readTensors } from '../support/weights.js'
import { Golden } from './compare.js'

const EXTENSION = '.safetensors'

/** Paths of all recorded files below a folder, sorted. */
export function goldenFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(EXTENSION))
    .sort()
    .map((name) => path.join(folder, name))
}

/** What a file is about: its name without folder and extension. */
export const topicOf = (file: string) => path.basename(file, EXTENSION)

/** What a file is called in reports: its path below the folder, without extension. */
export const labelOf = (file: string, folder: string) =>
  path.relative(folder, file).slice(0, -EXTENSION.length).split(path.sep).join('/')

export async function readGolden(file: string): Promise<Golden> {
  return new Golden(await readTensors(file))
}

/** What a comparison may reach beside the tensors of its file. */
export class ParityContext {
  /** The file that is compared. */
  readonly file: string
  readonly #folder: string
  readonly #temporary = mkdtempSync(path.join(tmpdir(), 'stego-parity-'))

  /** @param folder where other recorded files are looked for */
  constructor(file: string, folder: string) {
    this.file = file
    this.#folder = folder
  }

  /** The path of another recorded file: beside this one, or else anywhere below the folder. */
  find(topic: string): string {
    const beside = path.join(path.dirname(this.file), `${topic}${EXTENSION}`)
    if (existsSync(beside)) return beside
    const found = goldenFiles(this.#folder).find((file) => topicOf(file) === topic)
    if (!found) throw new Error(`${topic}${EXTENSION}, whose weights this file uses, was not found`)
    return found
  }

  /** A path for a file that lasts as long as the comparison. */
  temporary(name: string): string {
    return path.join(this.#temporary, `${name}${EXTENSION}`)
  }

  remove(): void {
    rmSync(this.#temporary, { recursive: true, force: true })
  }
}

/** Holds what this package computes against one recorded file. */
export type Comparison = (golden: Golden, context: ParityContext) => Promise<void>
