/**
 * Seeded random numbers in 32-bit integer arithmetic, so that a seed means the same on every machine.
 * The generator is sfc32; its state is a hash of any number of keys, which makes draws addressable:
 * `createRandom(seed, epoch)` needs no other draw to have happened first.
 */
import { StegoError } from '../errors.js'

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number
  /** Uniform in 0..n-1, without bias; 1 <= n <= 2^32. */
  integer(n: number): number
  /** The numbers 0..n-1 in random order, every order equally likely. */
  permutation(n: number): Int32Array
}

const WORD = 2 ** 32
const STATE_WORDS = 4
const WARM_UP_ROUNDS = 12

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function scramble(word: number): number {
  let h = word | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

/** Hashes integers, both halves of each and their count, to `words` 32-bit words. */
function hashKeys(keys: number[], words: number): Int32Array {
  for (const key of keys) {
    if (!Number.isSafeInteger(key)) {
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `a random seed must be an integer between -2^53 and 2^53, got ${key}; pass whole numbers.`,
      )
    }
  }
  const state = new Int32Array(words)
  for (let w = 0; w < words; w++) {
    let h = scramble(Math.imul(w + 1, 0x9e3779b9) ^ keys.length)
    for (const key of keys) {
      h = scramble(Math.imul(h, 31) + (key | 0))
      h = scramble(Math.imul(h, 31) + Math.floor(key / WORD))
    }
    state[w] = h
  }
  return state
}

/**
 * Opens the stream that these keys name.
 * Keys are integers of any size up to 2^53; other keys, another order or another number of keys name
 * unrelated streams. Throws `ERR_STEGO_ARGUMENT` where a key is not a safe integer.
 */
export function createRandom(...keys: number[]): Random {
  const state = hashKeys(keys, STATE_WORDS)
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let counter = state[3]!

  /** One round of sfc32: a 32-bit word, unsigned. */
  function word(): number {
    const out = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + out
    c |= 0
    return out >>> 0
  }
  for (let round = 0; round < WARM_UP_ROUNDS; round++) word()

  function integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > WORD) {
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `a random integer is drawn from 0..n-1 with n between 1 and 2^32, got n = ${n}.`,
      )
    }
    // Words at or above the largest multiple of n would favor small results: draw again.
    const limit = WORD - (WORD % n)
    let value = word()
    while (value >= limit) value = word()
    return value % n
  }

  return {
    next: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53,
    integer,
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i)
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1)
        const swapped = order[i]!
        order[i] = order[j]!
        order[j] = swapped
      }
      return order
    },
  }
}

/**
 * Mixes integers into one seed for native generators: an integer in [0, 2^53).
 * Throws `ERR_STEGO_ARGUMENT` where a key is not a safe integer.
 */
export function mixSeed(...keys: number[]): number {
  const words = hashKeys(keys, 2)
  return (words[0]! >>> 11) * WORD + (words[1]! >>> 0)
}
