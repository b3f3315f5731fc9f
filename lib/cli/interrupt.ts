/** Ctrl-C and SIGTERM: the first asks the work to stop, the second is the system's own and ends the process. */

/** What asked the work to stop: a signal, or the reader of stdout who went away. */
export type InterruptCode = 'SIGINT' | 'SIGTERM' | 'EPIPE'

const MESSAGES: Record<InterruptCode, string> = {
  SIGINT: 'stopped by Ctrl-C',
  SIGTERM: 'stopped by SIGTERM',
  EPIPE: 'stopped: nobody reads the output any longer',
}

/** The reason work stopped: it was asked to. The message says how to go on, where there is a way. */
export class Interrupted extends Error {
  readonly code: InterruptCode

  constructor(code: InterruptCode, message = MESSAGES[code]) {
    super(message)
    this.name = 'Interrupted'
    this.code = code
  }
}

/** Aborts `signal` at the first SIGINT or SIGTERM and leaves the next to the system; `dispose` stops listening. */
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
