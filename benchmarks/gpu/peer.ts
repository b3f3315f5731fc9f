/** Python torch in a process of its own, which does the same work in turns with this one (peer.py). */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../race.js'

/** What Python torch is: its versions and where it computes, which is the CPU where it finds no GPU. */
export interface PeerFacts {
  torch: string
  cuda: string | null
  device: string
}

export interface PeerWork extends Contender {
  /** Writes its last result as raw float32. */
  save(path: string): Promise<void>
  forget(): Promise<void>
}

export interface Peer {
  facts: PeerFacts
  /** Rejects where it cannot do this work. */
  prepare(name: string, work: Record<string, unknown>): Promise<PeerWork>
  end(): void
}

/** Starts it; STEGO_BENCH_PYTHON is the Python, or else `python3`. */
export async function startPeer(device: string): Promise<Peer> {
  const python = process.env.STEGO_BENCH_PYTHON || 'python3'
  const script = fileURLToPath(new URL('peer.py', import.meta.url))
  const child = spawn(python, [script, device], { stdio: ['pipe', 'pipe', 'inherit'] })
  const failed = new Promise<never>((_, reject) => child.on('error', reject))
  failed.catch(() => {})
  child.stdin.on('error', () => {}) // its end is seen where its answer is missing
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await Promise.race([lines.next(), failed])
    if (done) throw new Error(`${python} ended without an answer`)
    // A library may print something of its own.
    if (!value.startsWith('{')) return answer()
    const result = JSON.parse(value)
    if (result.error !== undefined) throw new Error(result.error)
    return result
  }
  const ask = (request: object) => {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    return answer()
  }
  let last = 0
  return {
    facts: (await answer()) as unknown as PeerFacts,
    prepare: async (name, work) => {
      const number = ++last
      await ask({ prepare: number, work })
      return {
        name,
        run: async () => (await ask({ run: number })).ms as number,
        save: async (path) => void (await ask({ save: number, path })),
        forget: async () => void (await ask({ forget: number })),
      }
    },
    end: () => child.stdin.end(),
  }
}
