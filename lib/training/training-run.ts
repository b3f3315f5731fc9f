/**
 * A run in progress. Await it for the model, or iterate over it for the events. It starts immediately and buffers all
 * events, so a slow or late reader neither blocks training nor misses any.
 */
import type { TrainingEvent } from './events.js'

/** A run in progress, returned by `Stego.train()`. */
export class TrainingRun<Model> implements PromiseLike<Model>, AsyncIterable<TrainingEvent> {
  readonly #result: Promise<Model>
  readonly #events: TrainingEvent[] = []
  #ended = false
  #waiting: (() => void)[] = []

  /** Consumes `events`, whose return value becomes the model. */
  constructor(events: AsyncGenerator<TrainingEvent, Model>, onEvent?: (event: TrainingEvent) => void) {
    this.#result = this.#pump(events, onEvent)
  }

  /** Attaches callbacks for when the run succeeds with a model or fails. */
  // biome-ignore lint/suspicious/noThenProperty: a run is awaited like a promise
  then<Result = Model, Failure = never>(
    fulfilled?: ((model: Model) => Result | PromiseLike<Result>) | null,
    rejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#result.then(fulfilled, rejected)
  }

  /** Attaches a callback for when the run fails. */
  catch<Failure = never>(
    rejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Model | Failure> {
    return this.#result.catch(rejected)
  }

  /** Attaches a callback for when the run ends, successfully or not. */
  finally(settled?: (() => void) | null): Promise<Model> {
    return this.#result.finally(settled)
  }

  /** Iterates over all events from the first. Throws the run's error if it fails. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingEvent, void> {
    // Iterating surfaces the error, so the run need not be awaited as well.
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

/** Calls the listener. If it throws, the run ends cleanly and fails with that error. */
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
