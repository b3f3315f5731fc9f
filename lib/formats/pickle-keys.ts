/** The keys of dictionaries as text. */
import { MORE, plainLeaf } from './pickle-leaf.js'
import { makerOf, type PickleValue } from './pickle-value.js'

const MAX_CHARACTERS = 256
const MAX_DEPTH = 8
/** Values that all keys of a pickle may have together. */
const MAX_VISITS = 2 ** 20

/**
 * Keys of one pickle as text: text as it is, other values as JSON. What goes beyond 256 characters or eight levels, and
 * all that dictionaries hold, is "...": a key may contain itself, and the same key may stand in very many places.
 */
export class KeyTexts {
  readonly #known = new Map<PickleValue, string>()
  #visits = 0

  of(key: PickleValue): string {
    if (key.kind === 'text' || key.kind === 'big') return key.text
    if (key.kind === 'global') return key.name
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const text = JSON.stringify(this.#plain(key, 0))
    const cut = text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS) + MORE : text
    this.#known.set(key, cut)
    return cut
  }

  #plain(value: PickleValue, depth: number): unknown {
    if (++this.#visits > MAX_VISITS || depth > MAX_DEPTH) return MORE
    switch (value.kind) {
      case 'list':
        return value.items.slice(0, MAX_CHARACTERS).map((item) => this.#plain(item, depth + 1))
      case 'object':
        return { __class__: makerOf(value) }
      case 'dict':
      case 'persistent':
        return MORE
      default:
        return plainLeaf(value)
    }
  }
}
