/** Holds what this package computes against a recorded file, key by key, and keeps the largest errors. */
import type { Tensor, TensorData } from '../../lib/native/index.js'

/** What is measured, and how far off it may be. */
export const TOLERANCES = {
  /** Features, codes, attention: largest difference. */
  features: 2e-5,
  /** Losses, correspondences, samples, probabilities: largest difference. */
  loss: 1e-5,
  /** Largest difference as a share of the largest recorded value. */
  gradient: 1e-4,
  /** Parameters after a training step: largest difference. */
  parameter: 1e-5,
  /** Scores in percent, which the official code computes in float32: largest difference. */
  score: 1e-4,
  /** Refined probabilities of the dense CRF: largest difference. */
  probability: 1e-4,
  /** Its divergence: difference as a share of the value. */
  divergence: 1e-4,
  /** Integers, bytes and prepared pixels: how many values differ. */
  mismatches: 0,
} as const

export type Kind = keyof typeof TOLERANCES

/** Numbers of any type and their shape. */
export interface Values {
  data: ArrayLike<number | bigint>
  shape: number[]
}

export const scalar = (value: number | null): Values => ({ data: [value ?? Number.NaN], shape: [] })

/** What comparing one file found, as plain data. */
export interface FileResult {
  passed: boolean
  /** The largest error of each kind that was measured; null where it is not a number. */
  maxError: Partial<Record<Kind, number | null>>
  /** The key whose error is the largest share of its tolerance. */
  worstKey: string | null
  /** That error, and what share of its tolerance it is. */
  worstError: number | null
  worstShare: number | null
  /** Why the file failed; empty where it passed. */
  reasons: string[]
}

interface Worst {
  key: string
  error: number
  share: number
}

/** A recorded file during its comparison. Every key has to be read as an input or compared by the end. */
export class Golden {
  readonly #tensors: Record<string, Tensor<TensorData>>
  readonly #unread: Set<string>
  readonly #maxError: Partial<Record<Kind, number>> = {}
  readonly #reasons: string[] = []
  #worst: Worst | null = null

  constructor(tensors: Record<string, Tensor<TensorData>>) {
    this.#tensors = tensors
    this.#unread = new Set(Object.keys(tensors))
    for (const [key, { data }] of Object.entries(tensors)) {
      const isFloat = data instanceof Float32Array || data instanceof Float64Array
      if (isFloat && !data.every(Number.isFinite)) this.fault(`${key} holds a value that is not finite`)
    }
  }

  /** A recorded tensor of any type; throws where the file lacks it. */
  tensor(key: string): Tensor<TensorData> {
    const tensor = Object.hasOwn(this.#tensors, key) ? this.#tensors[key] : undefined
    if (!tensor) throw new Error(`${key} is missing`)
    this.#unread.delete(key)
    return tensor
  }

  float(key: string): Tensor {
    return this.#ofType(key, Float32Array)
  }

  long(key: string): Tensor<BigInt64Array> {
    return this.#ofType(key, BigInt64Array)
  }

  bytes(key: string): Tensor<Uint8Array> {
    return this.#ofType(key, Uint8Array)
  }

  /** Holds computed values against the recorded ones. */
  expect(kind: Kind, key: string, computed: Values): void {
    if (Object.hasOwn(this.#tensors, key)) this.expectPart(kind, key, computed, this.tensor(key))
    else this.fault(`${key} is missing`)
  }

  /** Holds computed values against a part of what is recorded under a key. */
  expectPart(kind: Kind, key: string, computed: Values, recorded: Values): void {
    if (recorded.shape.join() === computed.shape.join()) {
      this.record(kind, key, measure(kind, computed.data, recorded.data))
    } else {
      this.fault(`${key} is recorded as [${recorded.shape}] but comes out as [${computed.shape}]`)
    }
  }

  /** Takes note of an error that was measured elsewhere. */
  record(kind: Kind, key: string, error: number): void {
    const tolerance = TOLERANCES[kind]
    const share = error === 0 ? 0 : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / tolerance
    this.#maxError[kind] = Math.max(this.#maxError[kind] ?? 0, error)
    if (!this.#worst || share > this.#worst.share) this.#worst = { key, error, share }
    if (error <= tolerance) return
    this.fault(
      kind === 'mismatches'
        ? `${key} has ${error} wrong ${error === 1 ? 'value' : 'values'}`
        : `${key} is off by ${error.toExponential(2)}, allowed ${tolerance}`,
    )
  }

  fault(reason: string): void {
    this.#reasons.push(reason)
  }

  /** Ends a comparison; what is left unread are keys nobody knows. */
  finish(): FileResult {
    for (const key of this.#unread) this.fault(`${key} is not a key of this file`)
    return this.result()
  }

  result(): FileResult {
    if (!this.#worst && this.#reasons.length === 0) this.fault('nothing was compared')
    return {
      passed: this.#reasons.length === 0,
      maxError: Object.fromEntries(Object.entries(this.#maxError).map(([kind, e]) => [kind, finite(e)])),
      worstKey: this.#worst?.key ?? null,
      worstError: finite(this.#worst?.error),
      worstShare: finite(this.#worst?.share),
      reasons: [...new Set(this.#reasons)],
    }
  }

  #ofType<T extends TensorData>(key: string, type: new (...args: never[]) => T): Tensor<T> {
    const { data, shape } = this.tensor(key)
    if (!(data instanceof type)) throw new Error(`${key} is recorded as ${data.constructor.name}`)
    return { data, shape }
  }
}

/** The error of computed values, as its kind measures it; not a number where a value is not. */
export function measure(
  kind: Kind,
  computed: ArrayLike<number | bigint>,
  recorded: ArrayLike<number | bigint>,
): number {
  let difference = 0
  let scale = 0
  let mismatches = 0
  for (let i = 0; i < recorded.length; i++) {
    const value = Number(recorded[i])
    const error = Math.abs(Number(computed[i]) - value)
    if (error !== 0) mismatches++
    difference = Math.max(difference, error)
    scale = Math.max(scale, Math.abs(value))
  }
  if (kind === 'mismatches') return mismatches
  return kind === 'gradient' && difference !== 0 ? difference / scale : difference
}

/** JSON has no other numbers. */
const finite = (value: number | undefined) => (Number.isFinite(value) ? value! : null)
