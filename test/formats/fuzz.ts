/** Reads damaged files: each is read or refused by name, and nothing else happens. */
import { StegoError } from '../../lib/errors.js'
import { createRandom } from '../../lib/random/random.js'
import { mutate } from './mutate.js'

/** A reader and small valid files. */
export interface Target {
  /** What messages are to call the file. */
  file: string
  seeds: Buffer[]
  read(bytes: Buffer, file: string): Promise<unknown>
  /** Makes checksums fit again; done to half of the files. */
  repair?: (bytes: Buffer) => void
}

/** How damaged files were taken. */
export interface Outcomes {
  read: number
  /** By code. */
  refused: Record<string, number>
  /** The case that took longest: its number, and milliseconds. */
  slowest: { round: number; milliseconds: number }
}

/** The damaged file of a number. */
export function damaged({ seeds, repair }: Target, round: number): Buffer {
  const random = createRandom(round)
  const bytes = mutate(seeds[random.integer(seeds.length)]!, random)
  if (random.integer(2) === 0) repair?.(bytes)
  return bytes
}

/** Reads as many damaged files. Rejects where one ends in anything but a value or an error that names the file. */
export async function fuzz(target: Target, rounds: number): Promise<Outcomes> {
  const outcomes: Outcomes = { read: 0, refused: {}, slowest: { round: 0, milliseconds: 0 } }
  for (let round = 0; round < rounds; round++) {
    const bytes = damaged(target, round)
    const start = performance.now()
    try {
      await target.read(bytes, target.file)
      outcomes.read++
    } catch (error) {
      if (!(error instanceof StegoError && error.message.includes(target.file))) {
        throw new Error(`file ${round} of ${target.file} ends in ${error}`, { cause: error })
      }
      outcomes.refused[error.code] = (outcomes.refused[error.code] ?? 0) + 1
    }
    const milliseconds = performance.now() - start
    if (milliseconds > outcomes.slowest.milliseconds) outcomes.slowest = { round, milliseconds }
  }
  return outcomes
}
