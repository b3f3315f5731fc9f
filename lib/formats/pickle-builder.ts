/** Builds the values of a pickle and counts them, since a small pickle can request very many. */
import { FormatError } from './format-error.js'
import type { PickleDict, PickleEntry, PickleList, PickleValue } from './pickle-value.js'

const MAX_VALUES = 2 ** 21
/** New names and texts count as one value for this many characters. */
const CHARACTERS_PER_VALUE = 64
const MAX_INTEGER_BYTES = 8

const NONE: PickleValue = { kind: 'none' }
const TRUE: PickleValue = { kind: 'boolean', value: true }
const FALSE: PickleValue = { kind: 'boolean', value: false }
const SMALL_INTEGERS = Array.from({ length: 256 }, (_, value): PickleValue => ({ kind: 'integer', value }))

const DICTIONARIES = new Set([
  'collections.OrderedDict',
  'collections.defaultdict',
  'collections.Counter',
  'builtins.dict',
])
const LISTS = new Set(['builtins.set', 'builtins.frozenset', 'builtins.list', 'builtins.tuple', 'torch.Size'])
/** Python 2 names of modules. */
const RENAMED: Record<string, string> = { __builtin__: 'builtins', copy_reg: 'copyreg' }
const DECIMAL = /^-?\d+$/
const REAL = /^-?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan)$/i

/** The values of one pickle. Every function throws `FormatError` if there are too many. */
export class PickleBuilder {
  #spent = 0

  none(): PickleValue {
    return NONE
  }

  boolean(value: boolean): PickleValue {
    return value ? TRUE : FALSE
  }

  integer(value: number | bigint): PickleValue {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) return this.#made({ kind: 'big', text: String(value) })
    return SMALL_INTEGERS[number] ?? this.#made({ kind: 'integer', value: number })
  }

  /** Little-endian, in two's complement. */
  binaryInteger(bytes: Buffer): PickleValue {
    if (bytes.length > MAX_INTEGER_BYTES) {
      return this.#made({ kind: 'big', text: `0x${Buffer.from(bytes).reverse().toString('hex')}` })
    }
    if (bytes.length === 0) return this.integer(0)
    const digits = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
    return this.integer(BigInt.asIntN(8 * bytes.length, digits))
  }

  /** `12`, `12L`; `00` and `01` are booleans. */
  decimalInteger(line: string): PickleValue {
    if (line === '00' || line === '01') return this.boolean(line === '01')
    const digits = line.replace(/L$/, '')
    if (!DECIMAL.test(digits)) throw new FormatError('a number in its pickle is malformed')
    const value = Number(digits)
    return Number.isSafeInteger(value) ? this.integer(value) : this.#made({ kind: 'big', text: digits })
  }

  real(value: number): PickleValue {
    return this.#made({ kind: 'real', value })
  }

  decimalReal(line: string): PickleValue {
    if (!REAL.test(line)) throw new FormatError('a number in its pickle is malformed')
    const text = line.toLowerCase()
    return this.real(Number(text.replace('inf', 'Infinity').replace('nan', 'NaN')))
  }

  text(text: string): PickleValue {
    return this.#made({ kind: 'text', text })
  }

  bytes(bytes: Buffer): PickleValue {
    return this.#made({ kind: 'bytes', bytes: Buffer.from(bytes) })
  }

  list(items: PickleValue[]): PickleList {
    return this.#made({ kind: 'list', items })
  }

  dict(): PickleDict {
    return this.#made({ kind: 'dict', entries: [] })
  }

  global(module: string, name: string): PickleValue {
    this.#spend((module.length + name.length) / CHARACTERS_PER_VALUE)
    const renamed = Object.hasOwn(RENAMED, module) ? RENAMED[module] : module
    return this.#made({ kind: 'global', name: `${renamed}.${name}` })
  }

  persistent(id: PickleValue): PickleValue {
    return this.#made({ kind: 'persistent', id })
  }

  /**
   * The value of a call of `callable` with the list `args`: a container for the few callables that make one,
   * else an inert object.
   */
  call(callable: PickleValue, args: PickleValue): PickleValue {
    const name = callable.kind === 'global' ? callable.name : ''
    const first = args.kind === 'list' ? args.items[0] : undefined
    if (DICTIONARIES.has(name)) return this.#dictionaryOf(first)
    if (LISTS.has(name)) {
      if (!first) return this.list([])
      if (first.kind === 'list') return first
    }
    // How protocol 2 writes bytes: text whose characters are all below 256.
    if (name === '_codecs.encode' && first?.kind === 'text') {
      this.#spend(first.text.length / CHARACTERS_PER_VALUE)
      return this.bytes(Buffer.from(first.text, 'latin1'))
    }
    // How protocols 0 and 1 write plain objects.
    const isPlain = name === 'copyreg._reconstructor' && first !== undefined
    return this.#made({
      kind: 'object',
      callable: isPlain ? first : callable,
      args: isPlain ? this.list([]) : args,
      state: null,
      items: [],
      entries: [],
    })
  }

  /**
   * A dictionary from another one's entries or from a list of pairs, or an empty one (a defaultdict's factory
   * is lost).
   */
  #dictionaryOf(content: PickleValue | undefined): PickleDict {
    const made = this.dict()
    if (content?.kind === 'dict' || content?.kind === 'object') {
      this.#spend(content.entries.length)
      made.entries = content.entries.slice()
    }
    if (content?.kind === 'list' || content?.kind === 'object') {
      this.#spend(content.items.length)
      for (const pair of content.items) {
        if (pair.kind === 'list' && pair.items.length === 2) {
          made.entries.push(pair.items as unknown as PickleEntry)
        }
      }
    }
    return made
  }

  #made<T extends PickleValue>(value: T): T {
    this.#spend(1)
    return value
  }

  #spend(count: number): void {
    this.#spent += count
    if (this.#spent > MAX_VALUES) {
      throw new FormatError('its pickle holds more values than any description of weights')
    }
  }
}
