/** Python's pickle as a stack machine that only builds data. Time and memory are bounded. */
import { type ByteSource, LONGEST_LINE } from './byte-source.js'
import { FormatError } from './format-error.js'
import { PickleBuilder } from './pickle-builder.js'
import { COUNT_BYTES, OP } from './pickle-operations.js'
import type { Pickle, PickleValue } from './pickle-value.js'

const MAX_BYTES = 2 ** 26
const MAX_OPERATIONS = 2 ** 23
const MAX_PROTOCOL = 5
/** The longest operation without counted bytes: its code and two lines. */
const LONGEST_OPERATION = 1 + 2 * LONGEST_LINE
const NOTHING = Buffer.alloc(0)

/**
 * Reads one pickle of protocol 0 to 5 and leaves the source just after its end. Rejects with `FormatError`
 * for anything malformed or larger than a description of weights.
 */
export async function readPickle(source: ByteSource): Promise<Pickle> {
  const machine = new Machine(source)
  const start = source.position
  for (let operations = 0; ; operations++) {
    if (operations > MAX_OPERATIONS || source.position - start > MAX_BYTES) {
      throw new FormatError('its pickle is larger than any description of weights')
    }
    if (!source.isLoaded(LONGEST_OPERATION)) await source.load(LONGEST_OPERATION)
    const code = source.byte()
    if (code === OP.STOP) return machine.finish()
    const counted = COUNT_BYTES.get(code)
    if (counted === undefined) {
      machine.step(code, NOTHING)
      continue
    }
    const count = source.unsigned(counted)
    if (count > MAX_BYTES) throw new FormatError('it holds a text of more than 64 MiB')
    if (!source.isLoaded(count)) await source.load(count)
    machine.step(code, source.take(count))
  }
}

class Machine {
  readonly #source: ByteSource
  readonly #builder = new PickleBuilder()
  readonly #stack: PickleValue[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, PickleValue>()
  readonly #persistents: PickleValue[] = []

  constructor(source: ByteSource) {
    this.#source = source
  }

  finish(): Pickle {
    return { root: this.#pop(), persistents: this.#persistents }
  }

  /** Executes one operation with its counted bytes. */
  step(code: number, bytes: Buffer): void {
    const known =
      this.#framing(code) ||
      this.#number(code, bytes) ||
      this.#string(code, bytes) ||
      this.#container(code) ||
      this.#memory(code) ||
      this.#call(code)
    if (!known) throw new FormatError(`its pickle has the operation ${code}, which weights do not need`)
  }

  #framing(code: number): boolean {
    switch (code) {
      case OP.PROTO:
        if (this.#source.byte() > MAX_PROTOCOL) throw new FormatError('its pickle has an unknown protocol')
        return true
      case OP.FRAME:
        this.#source.take(8)
        return true
      default:
        return false
    }
  }

  /** None, booleans and numbers. */
  #number(code: number, bytes: Buffer): boolean {
    switch (code) {
      case OP.NONE:
        return this.#push(this.#builder.none())
      case OP.NEWTRUE:
      case OP.NEWFALSE:
        return this.#push(this.#builder.boolean(code === OP.NEWTRUE))
      case OP.BININT:
        return this.#push(this.#builder.integer(this.#source.take(4).readInt32LE()))
      case OP.BININT1:
        return this.#push(this.#builder.integer(this.#source.byte()))
      case OP.BININT2:
        return this.#push(this.#builder.integer(this.#source.unsigned(2)))
      case OP.LONG1:
      case OP.LONG4:
        return this.#push(this.#builder.binaryInteger(bytes))
      case OP.INT:
      case OP.LONG:
        return this.#push(this.#builder.decimalInteger(this.#source.line()))
      case OP.BINFLOAT:
        return this.#push(this.#builder.real(this.#source.take(8).readDoubleBE()))
      case OP.FLOAT:
        return this.#push(this.#builder.decimalReal(this.#source.line()))
      default:
        return false
    }
  }

  /** Text and bytes. */
  #string(code: number, bytes: Buffer): boolean {
    switch (code) {
      case OP.BINUNICODE:
      case OP.SHORT_BINUNICODE:
      case OP.BINUNICODE8:
      case OP.BINSTRING: // text of Python 2
      case OP.SHORT_BINSTRING:
        return this.#push(this.#builder.text(bytes.toString()))
      case OP.UNICODE:
        return this.#push(this.#builder.text(this.#source.line()))
      case OP.STRING:
        return this.#push(this.#builder.text(unquoted(this.#source.line())))
      case OP.BINBYTES:
      case OP.SHORT_BINBYTES:
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#push(this.#builder.bytes(bytes))
      default:
        return false
    }
  }

  #container(code: number): boolean {
    switch (code) {
      case OP.MARK:
        this.#marks.push(this.#stack.length)
        return true
      case OP.EMPTY_LIST:
      case OP.EMPTY_TUPLE:
      case OP.EMPTY_SET:
        return this.#push(this.#builder.list([]))
      case OP.EMPTY_DICT:
        return this.#push(this.#builder.dict())
      case OP.LIST:
      case OP.TUPLE:
      case OP.FROZENSET:
        return this.#push(this.#builder.list(this.#popToMark()))
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3:
        return this.#push(this.#builder.list(this.#popMany(1 + code - OP.TUPLE1)))
      case OP.DICT: {
        const items = this.#popToMark()
        this.#push(this.#builder.dict())
        return this.#addEntries(items)
      }
      case OP.APPEND:
        return this.#addItems(this.#popMany(1))
      case OP.APPENDS:
      case OP.ADDITEMS:
        return this.#addItems(this.#popToMark())
      case OP.SETITEM:
        return this.#addEntries(this.#popMany(2))
      case OP.SETITEMS:
        return this.#addEntries(this.#popToMark())
      default:
        return false
    }
  }

  /** The stack and the memo. */
  #memory(code: number): boolean {
    switch (code) {
      case OP.POP:
        if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop()
        else this.#pop()
        return true
      case OP.POP_MARK:
        this.#popToMark()
        return true
      case OP.DUP:
        return this.#push(this.#top())
      case OP.PUT:
        return this.#remember(this.#lineIndex())
      case OP.BINPUT:
        return this.#remember(this.#source.byte())
      case OP.LONG_BINPUT:
        return this.#remember(this.#source.unsigned(4))
      case OP.MEMOIZE:
        return this.#memo.has(this.#memo.size) || this.#remember(this.#memo.size)
      case OP.GET:
        return this.#push(this.#recall(this.#lineIndex()))
      case OP.BINGET:
        return this.#push(this.#recall(this.#source.byte()))
      case OP.LONG_BINGET:
        return this.#push(this.#recall(this.#source.unsigned(4)))
      default:
        return false
    }
  }

  /** Classes, functions, calls and references to what is stored elsewhere. */
  #call(code: number): boolean {
    switch (code) {
      case OP.GLOBAL:
        return this.#push(this.#global())
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2)
        if (module!.kind !== 'text' || name!.kind !== 'text') {
          throw new FormatError('a class in its pickle has no name')
        }
        return this.#push(this.#builder.global(module.text, name.text))
      }
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const [callable, args] = this.#popMany(2)
        return this.#push(this.#builder.call(callable!, args!))
      }
      case OP.NEWOBJ_EX: {
        const [callable, args] = this.#popMany(3) // keyword arguments last
        return this.#push(this.#builder.call(callable!, args!))
      }
      case OP.OBJ: {
        const [callable, ...args] = this.#popToMark()
        if (!callable) throw new FormatError('an object in its pickle has no class')
        return this.#push(this.#builder.call(callable, this.#builder.list(args)))
      }
      case OP.INST: {
        const callable = this.#global()
        return this.#push(this.#builder.call(callable, this.#builder.list(this.#popToMark())))
      }
      case OP.BUILD: {
        const state = this.#pop()
        const target = this.#top()
        if (target.kind === 'object') target.state = state
        return true
      }
      case OP.BINPERSID:
        return this.#pushPersistent(this.#pop())
      case OP.PERSID:
        return this.#pushPersistent(this.#builder.text(this.#source.line()))
      default:
        return false
    }
  }

  #global(): PickleValue {
    const module = this.#source.line()
    return this.#builder.global(module, this.#source.line())
  }

  #push(value: PickleValue): true {
    this.#stack.push(value)
    return true
  }

  #pushPersistent(id: PickleValue): true {
    const value = this.#builder.persistent(id)
    this.#persistents.push(value)
    return this.#push(value)
  }

  #addItems(items: PickleValue[]): true {
    const target = this.#top()
    if (target.kind !== 'list' && target.kind !== 'object') {
      throw new FormatError('its pickle appends to what is not a list')
    }
    for (const item of items) target.items.push(item)
    return true
  }

  #addEntries(items: PickleValue[]): true {
    const target = this.#top()
    if (target.kind !== 'dict' && target.kind !== 'object') {
      throw new FormatError('its pickle has entries outside a dictionary')
    }
    if (items.length % 2 !== 0) throw new FormatError('its pickle has a key without a value')
    for (let i = 0; i < items.length; i += 2) target.entries.push([items[i]!, items[i + 1]!])
    return true
  }

  /** Number of values above the last mark; those below it are not available. */
  #available(): number {
    return this.#stack.length - (this.#marks.at(-1) ?? 0)
  }

  #top(): PickleValue {
    if (this.#available() < 1) throw new FormatError('its pickle takes more values than it has')
    return this.#stack.at(-1)!
  }

  #pop(): PickleValue {
    const value = this.#top()
    this.#stack.pop()
    return value
  }

  #popMany(count: number): PickleValue[] {
    if (this.#available() < count) throw new FormatError('its pickle takes more values than it has')
    return this.#stack.splice(this.#stack.length - count, count)
  }

  #popToMark(): PickleValue[] {
    if (this.#marks.length === 0) throw new FormatError('its pickle closes what it has not opened')
    const values = this.#popMany(this.#available())
    this.#marks.pop()
    return values
  }

  #remember(index: number): true {
    this.#memo.set(index, this.#top())
    return true
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index)
    if (!value) throw new FormatError('its pickle refers to a value that it does not have')
    return value
  }

  #lineIndex(): number {
    const line = this.#source.line()
    if (!/^\d{1,15}$/.test(line)) throw new FormatError('a number in its pickle is malformed')
    return Number(line)
  }
}

function unquoted(line: string): string {
  if (line.length < 2 || line[0] !== line.at(-1)) throw new FormatError('a text in its pickle is malformed')
  return line.slice(1, -1)
}
