/** Runs the programs of a check: line by line, to a log, and ended with all that they started when time is up. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** Groups of processes that run now. */
const running = new Set()

/** Ends what runs. */
export function endAll() {
  for (const group of running) endGroup(group)
}

function endGroup(group) {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}

/**
 * Runs a program until it ends or `seconds` are over. Each line of its standard output goes to `onLine`, all of its output
 * to the file `log`, and what it writes to file descriptor 3 is returned as `extra`. Never rejects.
 */
export function runLines(command, args, { cwd, env, seconds, log, onLine = () => {} }) {
  return new Promise((resolve) => {
    const file = createWriteStream(log, { flags: 'a' })
    const last = []
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    if (child.pid !== undefined) running.add(child.pid)
    let [extra, late] = ['', false]
    const timer = setTimeout(
      () => {
        late = true
        endGroup(child.pid)
      },
      Math.max(1, seconds * 1000),
    )
    const take = (line) => {
      file.write(`${line}\n`)
      if (line.trim() !== '') last.push(line.trim())
      if (last.length > 40) last.shift()
    }
    createInterface(child.stdout).on('line', (line) => {
      take(line)
      onLine(line)
    })
    createInterface(child.stderr).on('line', take)
    child.stdio[3].setEncoding('utf8').on('data', (chunk) => {
      extra += chunk
    })
    let failure
    child.on('error', (error) => {
      failure = error.code === 'ENOENT' ? `${command} was not found` : error.message
      end(null, null)
    })
    child.on('close', end)
    function end(code, signal) {
      clearTimeout(timer)
      running.delete(child.pid)
      file.end()
      resolve({ ok: code === 0, extra, reason: failure ?? reasonOf(code, signal) })
    }
    function reasonOf(code, signal) {
      if (code === 0) return ''
      if (late) return `time was up after ${Math.round(seconds)} s`
      const telling = last.findLast((line) => /error|fatal/i.test(line)) ?? last.at(-1) ?? ''
      return `${signal ? `ended by ${signal}` : `exit code ${code}`}${telling && `: ${telling.slice(0, 400)}`}`
    }
  })
}
