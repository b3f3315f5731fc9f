/** Runs the probe process and collects its messages. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProbeMessage } from './probe.js'
import type { AddonReport, CudaReport, SelfTestReport } from './report.js'

export interface ProbeOptions {
  selfTest: boolean
  /** Ends the probe. */
  signal?: AbortSignal
  /** Overrides `STEGO_LIBTORCH` in the probe. */
  libtorch?: string
  /** Called before each check with the number done, the total and the name of the check. */
  onCheck?: (done: number, total: number, name: string) => void
}

export interface Probed {
  /** null if the process ended before sending it. */
  addon: AddonReport | null
  /** null if no addon loads. */
  cuda: CudaReport | null
  selfTest: SelfTestReport | null
  /** How the process crashed; null if it did not. */
  crash: string | null
}

/** The probe next to this file, as source or compiled. */
const PROBE = fileURLToPath(import.meta.url).replace(/run-probe(?=\.\w+$)/, 'probe')

const SAID = 2000

/** Runs the probe to completion. */
export function runProbe({ selfTest, signal, libtorch, onCheck }: ProbeOptions): Promise<Probed> {
  const start = performance.now()
  const probed: Probed = { addon: null, cuda: null, selfTest: null, crash: null }
  let names: string[] = []
  let said = ''
  const child = fork(PROBE, [selfTest ? 'self-test' : 'load'], {
    env: libtorch === undefined ? process.env : { ...process.env, STEGO_LIBTORCH: libtorch },
    signal,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced', // preserves NaN
  })
  child.stderr!.on('data', (text) => {
    said = `${said}${text}`.slice(-SAID)
  })
  child.on('message', (message: ProbeMessage) => {
    if (message.kind === 'addon') probed.addon = message.addon
    if (message.kind === 'cuda') probed.cuda = message.cuda
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
    child.on('error', (error) => end(`could not start: ${error.message}`))
    child.on('close', (code, signal) =>
      end(code === 0 ? null : signal ? `was killed by ${signal}` : `exited with code ${code}`),
    )
  })
}

function crashOf(how: string, check: string | undefined, said: string): string {
  const lines = said.trim().split('\n')
  const last = lines.find((line) => /Error|error/.test(line)) ?? lines.at(-1)
  return (
    `The process that tests the addon ${how}` +
    `${check === undefined ? '' : ` during the check "${check}"`}${last ? `: ${last.trim()}` : ''}.`
  )
}
