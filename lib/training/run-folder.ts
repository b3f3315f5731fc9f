/** Run folders, with `config.yaml`, `events.jsonl`, `checkpoints/` and `report/`. */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { StegoError } from '../errors.js'
import type { ResolvedRunOptions } from '../method/train-options.js'
import { lastCheckpoint } from '../weights/model-file.js'
import type { TrainingEvent } from './events.js'

export interface RunFolder {
  readonly checkpoint: string
  readonly contactSheet: string
  /** Path of a validation's contact sheet. */
  validationSheet(step: number): string
  /** Appends an event to `events.jsonl`. */
  log(event: TrainingEvent): Promise<void>
  /** Removes what a new run has written. */
  remove(): Promise<void>
}

const CONTENTS = ['config.yaml', 'events.jsonl', 'checkpoints', 'report']

function handle(path: string, isNew = false): RunFolder {
  return {
    checkpoint: lastCheckpoint(path),
    contactSheet: join(path, 'report', 'contact-sheet.png'),
    validationSheet: (step) => join(path, 'report', `validation-${String(step).padStart(6, '0')}.png`),
    remove: async () => {
      for (const name of CONTENTS) await rm(join(path, name), { recursive: true, force: true })
      if (isNew) await rmdir(path).catch(() => {})
    },
    log: (event) => guard(path, () => appendFile(join(path, 'events.jsonl'), `${JSON.stringify(event)}\n`)),
  }
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new StegoError(
      'ERR_STEGO_FILE',
      `the run folder ${path} cannot be written: ${(cause as Error).message}. Choose another one with \`out\`.`,
      { cause },
    )
  }
}

/** Creates a run folder. Throws `ERR_STEGO_RUN` if it already has contents, which are never overwritten. */
export async function createRunFolder(path: string, options: ResolvedRunOptions): Promise<RunFolder> {
  return guard(path, async () => {
    await checkRunFolder(path)
    const isNew = !existsSync(path)
    await mkdir(join(path, 'checkpoints'), { recursive: true })
    await mkdir(join(path, 'report'), { recursive: true })
    await writeFile(join(path, 'config.yaml'), stringify(options))
    return handle(path, isNew)
  })
}

/** Throws `ERR_STEGO_RUN` if a new run cannot start in this folder. */
export async function checkRunFolder(path: string): Promise<void> {
  if (!existsSync(path)) return
  const contents = await readdir(path).catch(() => null)
  if (contents?.length === 0) return
  const reason = existsSync(lastCheckpoint(path))
    ? `it already contains a run. Resume that with \`resume: ${JSON.stringify(path)}\``
    : 'it exists and is not an empty folder. Remove it'
  throw new StegoError(
    'ERR_STEGO_RUN',
    `a new run cannot start in ${path}: ${reason}, or choose another \`out\`.`,
  )
}

/** Opens the folder of a run to resume. */
export async function openRunFolder(path: string): Promise<RunFolder> {
  await guard(path, () => mkdir(join(path, 'report'), { recursive: true }))
  return handle(path)
}

export interface EventLog {
  /** Logs an event and returns it. */
  emit(event: TrainingEvent): Promise<TrainingEvent>
  /** Writes events to this folder from now on, or nowhere if null. */
  keepIn(folder: RunFolder | null): Promise<void>
}

/** Creates a log that buffers events until its folder exists. */
export function eventLog(): EventLog {
  const early: TrainingEvent[] = []
  let log: (event: TrainingEvent) => Promise<unknown> = async (event) => early.push(event)
  return {
    async emit(event) {
      await log(event)
      return event
    },
    async keepIn(folder) {
      log = async (event) => folder?.log(event)
      for (const event of early) await log(event)
    },
  }
}

/** Returns a free folder `runs/<data folder name>`, with -2, -3, ... if it exists, relative to `cwd`. */
export function freeRunFolder(cwd: string, data: string): string {
  const name = basename(resolve(cwd, data)) || 'run'
  for (let number = 1; ; number++) {
    const folder = join('runs', number === 1 ? name : `${name}-${number}`)
    if (!existsSync(join(cwd, folder))) return folder
  }
}
