/**
 * Python's hash of a tuple of small integers, as CPython 3.8 and newer compute it on 64 bits: the accumulation of
 * xxHash64 without its final mixing. The official random crops take their place from it (crop_datasets.py), so
 * pictures cropped there and here agree where that ran on such a Python; 3.7 and older, its own environment among
 * them, hash tuples in another way.
 */
const PRIME_1 = 11400714785074694791n
const PRIME_2 = 14029467366897019727n
const PRIME_5 = 2870177450012600261n
const LENGTH_MIX = 3527539n
const ROTATION = 31n
/** -1 means failure in CPython, so a tuple that would hash to it gets this. */
const INSTEAD_OF_MINUS_ONE = 1546275796n
const MINUS_ONE = 2n ** 64n - 1n

const wrap = (value: bigint) => BigInt.asUintN(64, value)

/** `hash(values)` of Python, a signed 64-bit integer; the values are whole numbers from 0 to 2^53. */
export function tupleHash(values: number[]): bigint {
  let sum = PRIME_5
  for (const value of values) {
    sum = wrap(sum + BigInt(value) * PRIME_2)
    sum = wrap((sum << ROTATION) | (sum >> (64n - ROTATION)))
    sum = wrap(sum * PRIME_1)
  }
  sum = wrap(sum + (BigInt(values.length) ^ PRIME_5 ^ LENGTH_MIX))
  return BigInt.asIntN(64, sum === MINUS_ONE ? INSTEAD_OF_MINUS_ONE : sum)
}

/** `hash(values) % n` of Python: 0..n-1, also for negative hashes; 0 for n below 1, where there is no choice. */
export function tupleHashModulo(values: number[], n: number): number {
  if (n < 1) return 0
  const divisor = BigInt(n)
  return Number(((tupleHash(values) % divisor) + divisor) % divisor)
}
