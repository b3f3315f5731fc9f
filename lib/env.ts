/** The environment variables this package reads, all of them, in one place. */

/** `STEGO_THREADS`: threads of the native OpenMP team; unset, empty or not a positive integer means automatic. */
export function threadsFromEnv(): number | undefined {
  const value = Number(process.env.STEGO_THREADS)
  return Number.isInteger(value) && value > 0 ? value : undefined
}
