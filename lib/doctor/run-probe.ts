/** Runs the probe and gathers what it sends. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProbeMessage } from './probe.js'
import type { AddonReport, SelfTestReport } from './report.js'

export interface ProbeOptions {
  selfTest: boolean
  /** The value of `STEGO_LIBTORCH` for it, where another than this process has. */
  libtorch?: string
  /** Told which check is next: how many were done, of how many, and its name. */
  onCheck?: (done: number, total: number, name: string) => void
}

export interface Probed {
  /** null where the process ended before it could say. */
  addon: AddonReport | null
  selfTest: SelfTestReport | null
  /** How the process ended before its time; null where it did not. */
  crash: string | null
}

/** A file beside this one, under the name it has as source and as built. */
const PROBE = fileURLToPath(import.meta.url).replace(/run-probe(?=\.\w+$)/, 'probe')

const SAID = 2000

/** Starts the probe and waits for its end. */
export function runProbe({ selfTest, libtorch, onCheck }: ProbeOptions): Promise<Probed> {
  const start = performance.now()
  const probed: Probed = { addon: null, selfTest: null, crash: null }
  let names: string[] = []
  let said = ''
  const child = fork(PROBE, [selfTest ? 'self-test' : 'load'], {
    env: libtorch === undefined ? process.env : { ...process.env, STEGO_LIBTORCH: libtorch },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced', // keeps what is not a number
  })
  child.stderr!.on('data', (text) => {
    said = `${said}${text}`.slice(-SAID)
  })
  child.on('message', (message: ProbeMessage) => {
    if (message.kind === 'addon') probed.addon = message.addon
    if (message.kind === 'plan') {
      names = message.names
      probed.selfTest = { ok: true, seconds: 0, checks: [], speed: null }
    }
    const { selfTest: tested } = probed
    if (!tested) return
    if (message.kind === 'speed') tested.speed = message.speed
    if (message.kind === 'check') {
      tested.checks.push(message.check)
      tested.ok &&= message.check.ok
    }
    const done = tested.checks.length
    tested.seconds = (performance.now() - start) / 1000
    onCheck?.(done, names.length, names[done] ?? 'speed')
  })
  return new Promise((resolve) => {
    const end = (how: string | null) => {
      if (how !== null) probed.crash = crashOf(how, names[probed.selfTest?.checks.length ?? 0], said)
      if (how !== null && probed.selfTest) probed.selfTest.ok = false
      resolve(probed)
    }
    child.on('error', (error) => end(`could not be started: ${error.message}`))
    child.on('close', (code, signal) =>
      end(code === 0 ? null : signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    )
  })
}

function crashOf(how: string, check: string | undefined, said: string): string {
  const lines = said.trim().split('\n')
  const last = lines.find((line) => /Error|error/.test(line)) ?? lines.at(-1)
  return (
    `The process that loads the addon and computes ${how}` +
    `${check === undefined ? '' : `, in the check "${check}"`}${last ? `: ${last.trim()}` : ''}.`
  )
}
