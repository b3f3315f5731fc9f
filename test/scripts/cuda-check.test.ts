/** The record of a check and what can be asked of it; the check itself needs a GPU, and minutes. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { load, temporaryFolder, writeFiles } from './scripts.js'

const { openRecord } = await load('lib/cuda-check/record.js')
const { runLines } = await load('lib/cuda-check/child.js')

const SCRIPT = fileURLToPath(new URL('../../scripts/cuda-check.js', import.meta.url))
const NAME = 'cuda-check'
const check = (...args: string[]) =>
  spawnSync(process.execPath, [SCRIPT, '--device', 'cpu', '--quick', ...args], { encoding: 'utf8' })

interface Part {
  step: string
  part: string
  status: string
  seconds: number
  notes: string[]
  rows: { what: string; value: string }[]
  addon: { machine: { libtorch: object }; cuda: { built: boolean; devices: object[] } | null }
}

test.serial('the step machine is recorded, and left out once it is there', (t) => {
  const out = temporaryFolder(t)
  const options = ['--only', 'machine', '--out', out, '--python', 'no-such-python']
  const { status, stdout, stderr } = check(...options)
  t.is(status, 0, stderr)
  const { device, quick, parts } = JSON.parse(readFileSync(path.join(out, `${NAME}.json`), 'utf8'))
  t.deepEqual([device, quick, parts.length], ['cpu', true, 1])
  const [{ step, part, status: outcome, seconds, notes, rows, addon }] = parts as [Part]
  t.deepEqual([step, part, outcome, notes], ['machine', 'machine', 'ok', []])
  t.true(seconds > 0)
  const values = new Map(rows.map(({ what, value }) => [what, value]))
  t.is(values.get('node'), process.version)
  t.regex(values.get('Python torch')!, /no-such-python was not found/)
  for (const what of ['nvidia-smi', 'nvcc', 'addon: libtorch', 'addon: CUDA']) t.true(values.has(what), what)
  t.is(typeof addon.machine.libtorch, 'object')
  t.true(addon.cuda === null || Array.isArray(addon.cuda.devices))
  const markdown = readFileSync(path.join(out, `${NAME}.md`), 'utf8')
  t.is(stdout.trim(), markdown.trim())
  t.regex(markdown, /^\| machine \| ok \|/m)
  t.true(readdirSync(out).includes('machine-machine.log'))

  const again = check(...options, '--resume')
  t.is(again.status, 0)
  t.notRegex(again.stderr, /machine\/machine/)
})

test.serial('a step nobody knows and a limit that is none are refused', (t) => {
  const out = temporaryFolder(t)
  for (const args of [
    ['--only', 'parities'],
    ['--skip', 'benchmarks/none'],
    ['--limit', 'soon'],
  ]) {
    const { status, stderr } = check('--out', out, ...args)
    t.is(status, 1)
    t.regex(stderr, /parities|benchmarks\/none|soon/)
    t.regex(stderr, /Steps: machine/)
  }
})

test('another call replaces its parts and keeps the others', (t) => {
  const folder = temporaryFolder(t)
  const first = openRecord(folder, { device: 'cuda:0', quick: false, made: 'today' })
  first.begin('machine', 'machine').status = 'ok'
  const part = first.begin('benchmarks', 'crf')
  part.rows.push({ a: 1 }, { b: 'x | y\nz', c: null })
  first.save()
  const second = openRecord(folder, { device: 'cuda:0', quick: false, made: 'later' })
  t.deepEqual(
    second.parts.map(({ step, status }: Part) => [step, status]),
    [
      ['machine', 'ok'],
      ['benchmarks', 'running'],
    ],
  )
  t.regex(
    second.markdown(),
    /## benchmarks\/crf\n\n\| a \| b \|\n\| --- \| --- \|\n\| 1 {2}\| {2}\|\n| \| x \\\| y z \|/,
  )
  second.begin('benchmarks', 'crf')
  t.deepEqual(second.parts[1].rows, [])
  t.is(second.parts.length, 2)
})

test('programs are ended when time is up, with what they started, and their lines are kept', async (t) => {
  const folder = writeFiles(temporaryFolder(t), {
    'wait.mjs': `
      import { spawn } from 'node:child_process'
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      console.log(child.pid)
      setInterval(() => {}, 1000)`,
  })
  const log = path.join(folder, 'log')
  const lines: string[] = []
  const onLine = (line: string) => lines.push(line)
  const options = { log, seconds: 2, onLine }
  const { ok, reason } = await runLines(process.execPath, [path.join(folder, 'wait.mjs')], options)
  t.false(ok)
  t.is(reason, 'time was up after 2 s')
  t.is(lines.length, 1)
  t.true(await ends(Number(lines[0])))
  t.regex(readFileSync(log, 'utf8'), /^\d+\n$/)
  const none = await runLines('no-such-program', [], { log, seconds: 2 })
  t.deepEqual([none.ok, none.reason], [false, 'no-such-program was not found'])
})

/** Whether a process ends soon; one that has ended may wait to be reaped. */
async function ends(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      process.kill(pid, 0)
      if (/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return true
    } catch {
      return true
    }
    await setTimeout(100)
  }
  return false
}
