/**
 * A run in progress: can be awaited (gives the model) and iterated (gives the events). It starts at once; events are
 * buffered from the first one on, so that a slow or late reader neither holds training up nor misses any.
 */
import type { TrainingEvent } from './events.js'

/** What `Stego.train()` returns. */
export class TrainingRun<Model> implements PromiseLike<Model>, AsyncIterable<TrainingEvent> {
  readonly #result: Promise<Model>
  readonly #events: TrainingEvent[] = []
  #ended = false
  #waiting: (() => void)[] = []

  /** Runs `events` to its end; its return value becomes the model. */
  constructor(events: AsyncGenerator<TrainingEvent, Model>, onEvent?: (event: TrainingEvent) => void) {
    this.#result = this.#pump(events, onEvent)
  }

  /** What follows when the model is there, or when the run fails. */
  // biome-ignore lint/suspicious/noThenProperty: a run is awaited like a promise
  then<Result = Model, Failure = never>(
    fulfilled?: ((model: Model) => Result | PromiseLike<Result>) | null,
    rejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#result.then(fulfilled, rejected)
  }

  /** What follows when the run fails. */
  catch<Failure = never>(
    rejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Model | Failure> {
    return this.#result.catch(rejected)
  }

  /** What follows however the run ends. */
  finally(settled?: (() => void) | null): Promise<Model> {
    return this.#result.finally(settled)
  }

  /** All events from the first; ends with the run, throws what it fails with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingEvent, void> {
    // Whoever iterates sees the failure here; awaiting the run as well is not required.
    this.#result.catch(() => {})
    for (let next = 0; ; next++) {
      while (next >= this.#events.length && !this.#ended) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
      if (next >= this.#events.length) break
      yield this.#events[next]!
    }
    await this.#result
  }

  async #pump(
    events: AsyncGenerator<TrainingEvent, Model>,
    onEvent?: (event: TrainingEvent) => void,
  ): Promise<Model> {
    try {
      while (true) {
        const { done, value } = await events.next()
        if (done) return value
        this.#events.push(value)
        this.#wake()
        await deliver(value, events, onEvent)
      }
    } finally {
      this.#ended = true
      this.#wake()
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}

/** Calls the listener; where that throws, the run ends cleanly and fails with the same error. */
async function deliver<Model>(
  event: TrainingEvent,
  events: AsyncGenerator<TrainingEvent, Model>,
  onEvent?: (event: TrainingEvent) => void,
): Promise<void> {
  try {
    onEvent?.(event)
  } catch (error) {
    await events.return(undefined as never)
    throw error
  }
}
