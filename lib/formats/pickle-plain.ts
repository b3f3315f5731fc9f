/** The values of a pickle as plain data. */
import type { KeyTexts } from './pickle-keys.js'
import { cutText, MORE, plainLeaf } from './pickle-leaf.js'
import {
  entryOf,
  makerOf,
  type PickleDict,
  type PickleEntry,
  type PickleList,
  type PickleObject,
  type PickleValue,
} from './pickle-value.js'

const MAX_DEPTH = 48
const MAX_VISITS = 2 ** 20
/** Approximate limit in characters of JSON. */
const MAX_SIZE = 2 ** 22
const LEAF_SIZE = 4

/**
 * A pickle as JSON-like data of at most about 4 MiB; anything beyond that, too deep or circular is "...".
 * Inert objects are `{ __class__: name, ... }` with their state and entries next to it, their arguments under
 * `__args__` and appended items under `__items__`; nodes of OmegaConf become their plain values. Numbers that
 * JSON or JavaScript cannot hold are text. Entries selected by `omit` are left out, and such items are null.
 */
export function plainValues(
  root: PickleValue,
  keys: KeyTexts,
  omit: (value: PickleValue) => boolean,
): unknown {
  return new Renderer(keys, omit).value(root)
}

type Container = PickleList | PickleDict | PickleObject
type Member = [name: string, value: unknown]

class Renderer {
  readonly #keys: KeyTexts
  readonly #omit: (value: PickleValue) => boolean
  /** The containers around the current value. */
  readonly #path: PickleValue[] = []
  #size = 0
  #visits = 0

  constructor(keys: KeyTexts, omit: (value: PickleValue) => boolean) {
    this.#keys = keys
    this.#omit = omit
  }

  value(value: PickleValue): unknown {
    this.#visits++
    this.#size += LEAF_SIZE
    switch (value.kind) {
      case 'persistent':
        return MORE
      case 'list':
      case 'dict':
      case 'object':
        return this.#nested(value)
      default:
        if (value.kind === 'text' || value.kind === 'big') this.#size += cutText(value.text).length
        if (value.kind === 'global') this.#size += cutText(value.name).length
        return plainLeaf(value)
    }
  }

  #nested(value: Container): unknown {
    if (this.#path.length === MAX_DEPTH || this.#isFull() || this.#path.includes(value)) return MORE
    this.#path.push(value)
    const plain = this.#container(value)
    this.#path.pop()
    return plain
  }

  #container(value: Container): unknown {
    if (value.kind === 'list') return this.#items(value.items)
    // `fromEntries` defines members of any name, including `__proto__`.
    if (value.kind === 'dict') return Object.fromEntries(this.#members(value.entries))
    const omegaconf = omegaconfValue(value)
    return omegaconf ? this.value(omegaconf) : Object.fromEntries(this.#object(value))
  }

  #items(items: PickleValue[]): unknown[] {
    const plain: unknown[] = []
    for (const item of items) {
      if (this.#isFull()) return [...plain, MORE]
      plain.push(this.#omit(item) ? this.#omitted() : this.value(item))
    }
    return plain
  }

  #object(value: PickleObject): Member[] {
    const { args, state, items, entries } = value
    let members: Member[] = [['__class__', cutText(makerOf(value))]]
    if (args.kind === 'list' && args.items.length > 0) members.push(['__args__', this.#items(args.items)])
    if (state?.kind === 'dict') members = members.concat(this.#members(state.entries))
    else if (state && !this.#omit(state)) members.push(['__state__', this.value(state)])
    if (items.length > 0) members.push(['__items__', this.#items(items)])
    return members.concat(this.#members(entries))
  }

  #members(entries: PickleEntry[]): Member[] {
    const members: Member[] = []
    for (const [key, content] of entries) {
      this.#visits++
      if (this.#omit(content)) continue
      if (this.#isFull()) {
        members.push([MORE, MORE])
        break
      }
      const name = cutText(this.#keys.of(key))
      this.#size += name.length + LEAF_SIZE
      members.push([name, this.value(content)])
    }
    return members
  }

  #omitted(): null {
    this.#visits++
    this.#size += LEAF_SIZE
    return null
  }

  #isFull(): boolean {
    return this.#size >= MAX_SIZE || this.#visits >= MAX_VISITS
  }
}

/** The value of an OmegaConf node: a container's `_content` or a leaf's `_val`; null for other objects. */
function omegaconfValue(value: PickleObject): PickleValue | null {
  if (!value.state || !makerOf(value).startsWith('omegaconf.')) return null
  return entryOf(value.state, '_content') ?? entryOf(value.state, '_val')
}
