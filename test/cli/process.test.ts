/** `stego` as a process of its own: exit codes, signals, pipes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))
const ENDLESS = fileURLToPath(new URL('./fixtures/endless.ts', import.meta.url))

function start(script: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--import=tsx', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function ended(child: ChildProcess) {
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit'),
  ])
  return { stdout, stderr, code, signal }
}

/** Waits until the child has written something that contains `words`. */
async function said(stream: NodeJS.ReadableStream, words: string): Promise<void> {
  let heard = ''
  await new Promise<void>((resolve) => {
    stream.on('data', (chunk) => {
      heard += chunk
      if (heard.includes(words)) resolve()
    })
  })
}

/** A run folder that is not there yet, with a name that a shell would break. */
function runFolder(t: { teardown: (undo: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'stego-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'my run')
}

const lastLine = (output: string) => output.trimEnd().split('\n').at(-1)!

test.serial('help through a pipe is whole', async (t) => {
  const { code, stdout } = await ended(start(MAIN, 'help', 'train'))
  t.is(code, 0)
  t.true(stdout.endsWith('stego train --resume runs/photos --steps 1000\n'))
})

test.serial('a wrong flag ends with exit code 2', async (t) => {
  const { code, stderr } = await ended(start(MAIN, 'train', '--bacth', '3'))
  t.is(code, 2)
  t.regex(stderr, /Did you mean --batch\?/)
})

test.serial('a reader who goes away is no error', async (t) => {
  const child = start(MAIN, 'help', 'train')
  child.stdout!.destroy()
  const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
  t.is(stderr, '')
  t.is(code, 0)
})

for (const { signal, code } of [
  { signal: 'SIGINT', code: 130 },
  { signal: 'SIGTERM', code: 143 },
] as const) {
  test.serial(`${signal} stops a run, which says how to resume, with exit code ${code}`, async (t) => {
    const child = start(ENDLESS, runFolder(t), 'checkpoint')
    const end = ended(child)
    await said(child.stdout!, '"step":1,')
    child.kill(signal)
    const result = await end
    t.is(result.code, code)
    t.regex(result.stderr, /stego: stopped; to resume: stego train --resume (['"]).*my run\1 \[SIG/)
    t.is(JSON.parse(lastLine(result.stdout)).error.code, signal)
  })
}

test.serial('a run stopped before its first checkpoint does not promise one', async (t) => {
  const child = start(ENDLESS, runFolder(t), 'early')
  const end = ended(child)
  await said(child.stdout!, '"step":1,')
  child.kill('SIGINT')
  t.regex((await end).stderr, /nothing to resume/)
})

test.serial('the second Ctrl-C ends the process whatever it does', async (t) => {
  const child = start(ENDLESS, runFolder(t), 'never')
  const end = ended(child)
  await said(child.stdout!, '"step":1,')
  child.kill('SIGINT')
  await said(child.stderr!, 'Ctrl-C again quits immediately')
  child.kill('SIGINT')
  t.is((await end).signal, 'SIGINT')
})

test.serial('a run whose output pipe closes stops and says how to resume', async (t) => {
  const child = start(ENDLESS, runFolder(t), 'talkative')
  await said(child.stdout!, '"start"')
  child.stdout!.destroy()
  const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
  t.regex(stderr, /to resume: stego train --resume (['"]).*my run\1 \[EPIPE\]\n$/)
  t.is(code, 1)
})
