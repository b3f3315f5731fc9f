/**
 * The values of a pickle, as data. Nothing is ever executed: a class or function is a name (`global`), and
 * what a pickle would have called or constructed is an `object` that keeps what it was made from.
 * OrderedDict, defaultdict and Counter are dictionaries; tuples, sets and torch.Size are lists. Values may be
 * shared and refer to each other in circles.
 */
export type PickleValue =
  | { kind: 'none' }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'integer'; value: number }
  /**
   * A whole number too large for JavaScript: in decimal or, beyond 64 bits, 0x and two's complement digits.
   */
  | { kind: 'big'; text: string }
  | { kind: 'real'; value: number }
  | { kind: 'text'; text: string }
  | { kind: 'bytes'; bytes: Buffer }
  | PickleList
  | PickleDict
  /** `module.name` */
  | { kind: 'global'; name: string }
  | PickleObject
  /** A reference to something stored elsewhere. */
  | { kind: 'persistent'; id: PickleValue }

export interface PickleList {
  kind: 'list'
  items: PickleValue[]
}

export type PickleEntry = readonly [key: PickleValue, value: PickleValue]

export interface PickleDict {
  kind: 'dict'
  entries: PickleEntry[]
}

export interface PickleObject {
  kind: 'object'
  callable: PickleValue
  args: PickleValue
  state: PickleValue | null
  items: PickleValue[]
  entries: PickleEntry[]
}

/** One pickle. */
export interface Pickle {
  root: PickleValue
  /** References to something stored elsewhere, in order of occurrence. */
  persistents: PickleValue[]
}

/** The name of the class or function that made an object; empty for anything else. */
export function makerOf(value: PickleValue): string {
  return value.kind === 'object' && value.callable.kind === 'global' ? value.callable.name : ''
}

/** The last entry of a dictionary or object under this text; null if there is none. */
export function entryOf(value: PickleValue, key: string): PickleValue | null {
  if (value.kind !== 'dict' && value.kind !== 'object') return null
  return value.entries.findLast(([name]) => name.kind === 'text' && name.text === key)?.[1] ?? null
}
