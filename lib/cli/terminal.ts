/** Command output: results on stdout, progress and notes on stderr. */
import type { OutputStream } from '../progress/status.js'
import { Interrupted } from './interrupt.js'

export interface Terminal {
  /** Prints one or more lines of the result. */
  print(text: string): void
  /** Prints one or more lines of progress or notes. */
  note(text: string): void
  /** Aborts when the pipe behind stdout is closed. */
  readonly closed: AbortSignal
  readonly stderr: OutputStream
  /** Text width in columns. */
  readonly width: number
}

/** Opens a terminal on two streams. A closed pipe, as from `| head`, ends the output without an error. */
export function openTerminal(stdout: OutputStream, stderr: OutputStream): Terminal {
  const closed = new AbortController()
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    closed.abort(new Interrupted('EPIPE'))
  })
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    print(text) {
      if (!closed.signal.aborted) stdout.write(text.endsWith('\n') ? text : `${text}\n`)
    },
    note(text) {
      stderr.write(text.endsWith('\n') ? text : `${text}\n`)
    },
    closed: closed.signal,
    stderr,
    width: Math.min(Math.max(stdout.columns ?? 100, 60), 100),
  }
}
