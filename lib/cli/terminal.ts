/** Where a command writes: results on stdout, everything said along the way on stderr. */
import type { OutputStream } from '../progress/status.js'
import { Interrupted } from './interrupt.js'

export interface Terminal {
  /** A line, or several, of the result. */
  print(text: string): void
  /** A line, or several, about what is going on. */
  note(text: string): void
  /** Aborts when nobody reads the result any longer: the pipe behind stdout was closed. */
  readonly closed: AbortSignal
  readonly stderr: OutputStream
  /** Columns of text that fit. */
  readonly width: number
}

/** A terminal on two streams. A closed pipe ends the output quietly: it is how `| head` says that it has enough. */
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
