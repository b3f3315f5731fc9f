/** Pairs images and label maps by name, never by position. Names are compared in one Unicode form (NFC). */
import { StegoError } from '../errors.js'
import { nearest } from '../options/nearest.js'
import type { Item } from './source.js'

/** A label map: path without extension relative to its folder, and the whole path. */
interface Label {
  name: string
  path: string
}

/**
 * Sets the label of each item that has one.
 * @param imageFolder the folder of the images, for messages
 *
 * Throws `ERR_STEGO_DATA_LAYOUT` if a label map has no image, or more than one, or an image has two.
 */
export function pairLabels(items: Item[], labels: Label[], imageFolder: string): Item[] {
  const byKey = new Map<string, Item>()
  const ambiguous = new Map<string, Item>()
  for (const item of items) {
    const key = keyOf(item.name)
    const twin = byKey.get(key)
    if (twin) ambiguous.set(key, twin)
    byKey.set(key, item)
  }
  for (const { name, path } of labels) {
    const item = byKey.get(keyOf(name))
    if (!item) throw withoutImage(name, path, imageFolder, items)
    const twin = ambiguous.get(keyOf(name))
    if (twin) {
      throw new StegoError(
        'ERR_STEGO_DATA_LAYOUT',
        `${twin.image} and ${item.image} share the name of the label map ${path}${unicodeHint(twin.name, item.name)}. ` +
          'Rename one of the images so that the label matches only one.',
      )
    }
    if (item.label !== null) {
      throw new StegoError(
        'ERR_STEGO_DATA_LAYOUT',
        `${item.label} and ${path} are both label maps of ${item.image}${unicodeHint(item.label, path)}. Remove one of ` +
          'them.',
      )
    }
    item.label = path
  }
  return items
}

function withoutImage(name: string, path: string, imageFolder: string, items: Item[]): StegoError {
  const close = nearest(
    name,
    items.map((item) => item.name),
  )
  const suggestion = close ? ` (the nearest name there is "${close}"${difference(name, close)})` : ''
  return new StegoError(
    'ERR_STEGO_DATA_LAYOUT',
    `the label map ${path} has no image: expected ${name} with an image extension in ${imageFolder}${suggestion}. ` +
      'Give the image and label the same name, or move the label elsewhere.',
  )
}

const keyOf = (name: string) => name.normalize('NFC')

/** Says that two names differ only in their Unicode form. */
function unicodeHint(a: string, b: string): string {
  return a !== b && keyOf(a) === keyOf(b)
    ? ' (their names look alike but are written in two Unicode forms)'
    : ''
}

/** Where two names that may look alike differ, as code points. */
function difference(a: string, b: string): string {
  const [first, second] = [[...a], [...b]]
  const at = first.findIndex((character, index) => character !== second[index])
  const [left, right] = [first[at], second[at]]
  if (at < 0 || left === undefined || right === undefined) return ''
  const isPlain = (character: string) => character > ' ' && character <= '~'
  if (isPlain(left) && isPlain(right)) return ''
  const code = (character: string) =>
    `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  return `; character ${at + 1} is ${code(left)} in one and ${code(right)} in the other`
}
