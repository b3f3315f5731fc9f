/** Waiting for an `AbortSignal`, with one listener on a signal however many wait for it. */

const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/** Calls `listener` when the signal aborts. Returns a function that takes it back. */
export function onAbort(signal: AbortSignal | null | undefined, listener: () => void): () => void {
  if (!signal) return () => {}
  const known = waiting.get(signal)
  const listeners = known ?? new Set()
  listeners.add(listener)
  const callAll = () => {
    for (const each of listeners) each()
  }
  if (!known) {
    waiting.set(signal, listeners)
    signal.addEventListener('abort', callAll, { once: true })
    release.set(listeners, () => signal.removeEventListener('abort', callAll))
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || waiting.get(signal) !== listeners) return
    waiting.delete(signal)
    release.get(listeners)?.()
  }
}

const release = new WeakMap<Set<() => void>, () => void>()

/** The result of some work, or the signal's reason as soon as it aborts; the work then ends unheard. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  // Awaited here, so that an error's stack leads to the caller.
  if (!signal) return await work
  let forget = () => {}
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else forget = onAbort(signal, () => reject(signal.reason))
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, aborted])
  } finally {
    forget()
  }
}
