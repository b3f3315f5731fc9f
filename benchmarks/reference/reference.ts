/** The official formulations that benchmarks compare with: programs in this folder, built when needed. */
import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../race.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Reference extends Contender {
  /** The largest difference between its results and this package's. */
  difference: number
  end(): void
}

/** Builds `<program>.cpp` of this folder and starts it; each run sends it a line and reads its answer. */
export async function startReference(program: string, words: (string | number)[]): Promise<Reference> {
  const cmake = (...rest: string[]) =>
    execFileSync('cmake', rest, { cwd: ROOT, stdio: ['ignore', 'ignore', 2] })
  cmake('-S', '.', '-B', 'build', '-DSTEGO_BENCHMARKS=ON')
  cmake('--build', 'build', '--target', program)
  const child = spawn(`${ROOT}build/benchmarks/${program}`, words.map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${program} ended without an answer.`)
    return Number(value)
  }
  return {
    name: 'official formulation',
    difference: await answer(),
    run: () => {
      child.stdin.write('\n')
      return answer()
    },
    end: () => child.stdin.end(),
  }
}
