/** Functions that load what they need when they are first called. */

/** An asynchronous function of the public surface. */
type AsyncFunction = (...args: never[]) => Promise<unknown>

/**
 * The function that `load` brings, with its own type, overloads included. Nothing is loaded before the first call:
 * importing the package costs what its smallest part costs.
 */
export function lazily<F extends AsyncFunction>(load: () => Promise<F>): F {
  return (async (...args: never[]) => (await load())(...args)) as F
}
