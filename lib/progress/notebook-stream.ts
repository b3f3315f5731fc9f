/** A stream that shows lines in a notebook's cell, where standard error may go nowhere. */
import { basename } from 'node:path'
import { Writable } from 'node:stream'
import type { OutputStream } from './status.js'

/**
 * Lines for the cell in a kernel of Deno or tslab; null elsewhere. Kernels print what `console.log` is given, but
 * Deno's drops what is written to standard error, and a kernel's streams may belong to the terminal it was started
 * from.
 */
export function notebookStream(): OutputStream | null {
  return isDenoKernel() || isTslab() ? consoleStream() : null
}

/** Deno has this object everywhere, but gives it away only in its kernel. */
function isDenoKernel(): boolean {
  try {
    const { Deno } = globalThis as { Deno?: { jupyter?: object } }
    return typeof Deno?.jupyter === 'object' && Deno.jupyter !== null
  } catch {
    return false
  }
}

function isTslab(): boolean {
  const [, program = '', command] = process.argv
  return basename(program).startsWith('tslab') && command === 'kernel'
}

/** Hands whole lines to `console.log`. */
export function consoleStream(): OutputStream {
  let rest = ''
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop()!
      for (const line of lines) console.log(line)
      done()
    },
  })
}
