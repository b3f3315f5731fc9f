/** Runs other programs and explains why one failed. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Runs a program until it exits. `stdout` and `stderr` are 'pipe' (collected) or a file descriptor (shown there);
 * `input` is written to its standard input. Never rejects: `ok` is the outcome, and `reason` says what went wrong.
 */
export function run(command, args, { cwd, env, input, stdout = 'pipe', stderr = 'pipe' } = {}) {
  return new Promise((resolve) => {
    const texts = { stdout: '', output: '' }
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', stdout, stderr],
    })
    child.stdin?.on('error', () => {}) // a program that ignores its input is judged by its exit code
    child.stdin?.end(input)
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      texts.stdout += chunk
      texts.output += chunk
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk) => {
      texts.output += chunk
    })
    child.on('error', (error) => {
      const reason = error.code === 'ENOENT' ? `${command} was not found` : `${command}: ${error.message}`
      resolve({ ok: false, missing: error.code === 'ENOENT', reason, ...texts })
    })
    child.on('close', (code, signal) => {
      const ok = code === 0
      resolve({
        ok,
        missing: false,
        reason: ok ? '' : whyItFailed(command, code, signal, texts.output),
        ...texts,
      })
    })
  })
}

function whyItFailed(command, code, signal, output) {
  const end = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
  const lines = output.split('\n').map((line) => line.trim())
  const telling = lines.findLast((line) => /error/i.test(line)) ?? lines.findLast((line) => line !== '')
  return telling ? `${command} ${end}: ${telling}` : `${command} ${end}`
}

/**
 * Waits for a child that shares this process's terminal, and returns its exit code (128 + n after signal n). On a
 * terminal, Ctrl-C already reaches every process in the group, so it is not forwarded a second time; without a
 * terminal, a signal reaches only this process and is passed on.
 */
export function waitFor(child) {
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const onInterrupt = () => atTerminal || child.kill('SIGINT')
  const onTerminate = () => child.kill('SIGTERM')
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate)
      resolve(signal ? 128 + constants.signals[signal] : code)
    })
  })
}
