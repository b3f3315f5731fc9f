/** Error reporting and exit codes. */
import { StegoError } from '../errors.js'
import { Interrupted } from './interrupt.js'
import type { Terminal } from './terminal.js'

const INTERRUPT_CODES = { SIGINT: 130, SIGTERM: 143, EPIPE: 1 }

/** A failure of which all is said by the command's output and this message, if any: exit code 1. */
export class ReportedFailure extends Error {}

/** Prints an error to stderr, with `json` also as the last line of stdout, and returns the exit code. */
export function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  if (error instanceof ReportedFailure) {
    if (error.message !== '') terminal.note(error.message)
    return 1
  }
  const { code, message, details, exitCode } = explain(error)
  const prefix = message.startsWith('stego ') ? '' : 'stego: '
  terminal.note(`${prefix}${message}${code === null ? '' : ` [${code}]`}`)
  for (const line of details) terminal.note(line)
  if (json) terminal.print(JSON.stringify({ error: { code, message } }))
  return exitCode
}

interface Explanation {
  code: string | null
  message: string
  details: string[]
  exitCode: number
}

function explain(error: unknown): Explanation {
  if (error instanceof Interrupted) {
    return { code: error.code, message: error.message, details: [], exitCode: INTERRUPT_CODES[error.code] }
  }
  if (error instanceof StegoError) {
    const exitCode = error.code === 'ERR_STEGO_OPTION' ? 2 : 1
    return { code: error.code, message: error.message, details: causeOf(error), exitCode }
  }
  if (!(error instanceof Error)) return { code: null, message: String(error), details: [], exitCode: 1 }
  const { code } = error as NodeJS.ErrnoException
  const known = typeof code === 'string'
  // An error without a code is unexpected, so print the stack for a bug report.
  const details = known ? causeOf(error) : (error.stack ?? '').split('\n').slice(1)
  return { code: known ? code : null, message: error.message, details, exitCode: 1 }
}

/** The cause, if it adds information. */
function causeOf(error: Error & { code?: unknown }): string[] {
  const { code, message, cause } = error
  const adds = cause instanceof Error && code !== 'ERR_STEGO_DATA_MISSING' && !message.includes(cause.message)
  return adds ? [`  caused by: ${cause.message}`] : []
}
