/** The keys of dictionaries as text. */
import { MORE, plainLeaf } from './pickle-leaf.js'
import { makerOf, type PickleValue } from './pickle-value.js'

const MAX_CHARACTERS = 256
const MAX_DEPTH = 8
/** Maximum number of values in all keys of a pickle together. */
const MAX_VISITS = 2 ** 20

/**
 * Keys of one pickle as text: text as it is, other values as JSON. Anything beyond 256 characters or eight
 * levels, and all contents of dictionaries, are "...", since a key may contain itself and the same key may
 * occur very many times.
 */
export class KeyTexts {
  readonly #known = new Map<PickleValue, string>()
  #visits = 0
  /** Characters left for the current key. */
  #left = 0

  of(key: PickleValue): string {
    if (key.kind === 'text' || key.kind === 'big') return key.text
    if (key.kind === 'global') return key.name
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#left = MAX_CHARACTERS
    const text = JSON.stringify(this.#plain(key, 0))
    this.#known.set(key, text)
    return text
  }

  #plain(value: PickleValue, depth: number): unknown {
    this.#left -= 2
    if (this.#left < 0 || ++this.#visits > MAX_VISITS || depth > MAX_DEPTH) return MORE
    switch (value.kind) {
      case 'list':
        return this.#items(value.items, depth + 1)
      case 'object':
        return { __class__: this.#text(makerOf(value)) }
      case 'dict':
      case 'persistent':
        return MORE
      case 'text':
      case 'big':
        return this.#text(value.text)
      case 'global':
        return { __global__: this.#text(value.name) }
      default:
        return plainLeaf(value)
    }
  }

  #items(items: PickleValue[], depth: number): unknown[] {
    const plain: unknown[] = []
    for (const item of items) {
      plain.push(this.#plain(item, depth))
      if (this.#left < 0) break
    }
    return plain
  }

  #text(text: string): string {
    const most = Math.max(this.#left, 0)
    this.#left -= text.length
    return text.length > most ? text.slice(0, most) + MORE : text
  }
}
