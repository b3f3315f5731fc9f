/** Lazily loaded functions. */

/** An async function of the public API. */
type AsyncFunction = (...args: never[]) => Promise<unknown>

/**
 * Wraps the function that `load` returns, keeping its type and overloads. Nothing is loaded before the first call, so
 * importing the package is cheap.
 */
export function lazily<F extends AsyncFunction>(load: () => Promise<F>): F {
  return (async (...args: never[]) => (await load())(...args)) as F
}
