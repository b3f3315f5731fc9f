/** Ctrl-C and SIGTERM: the first one stops the work gracefully, the second one kills the process. */

/** What stopped the work: a signal, or a closed stdout. */
export type InterruptCode = 'SIGINT' | 'SIGTERM' | 'EPIPE'

const MESSAGES: Record<InterruptCode, string> = {
  SIGINT: 'stopped by Ctrl-C',
  SIGTERM: 'stopped by SIGTERM',
  EPIPE: 'stopped: the output pipe was closed',
}

/** Thrown when work was interrupted. The message says how to resume, if that is possible. */
export class Interrupted extends Error {
  readonly code: InterruptCode

  constructor(code: InterruptCode, message = MESSAGES[code]) {
    super(message)
    this.name = 'Interrupted'
    this.code = code
  }
}

/** Aborts `signal` on the first SIGINT or SIGTERM and lets the next one kill the process. */
export function listenForSignals(
  onFirst: (name: 'SIGINT' | 'SIGTERM') => void,
): Disposable & { signal: AbortSignal } {
  const controller = new AbortController()
  const dispose = () => {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
  }
  const stop = (name: 'SIGINT' | 'SIGTERM') => {
    dispose()
    onFirst(name)
    controller.abort(new Interrupted(name))
  }
  const onInterrupt = () => stop('SIGINT')
  const onTerminate = () => stop('SIGTERM')
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  return { signal: controller.signal, [Symbol.dispose]: dispose }
}
