/** Tensors in a PyTorch pickle, as views of storages elsewhere in the file. */
import { FormatError } from './format-error.js'
import type { KeyTexts } from './pickle-keys.js'
import type { PickleObject, PickleValue } from './pickle-value.js'
import { countOf } from './tensor-file.js'
import { type Making, makingOf } from './torch-making.js'
import { dtypeOfType, readStorage } from './torch-storages.js'

const MAX_DEPTH = 64
const MAX_AXES = 32
const LONGEST_NAME = 4096
const MAX_VISITS = 2 ** 21
const MAX_NAME_CHARACTERS = 2 ** 26
/** Module attributes that add nothing to names, so that names match the state dict. */
const TABLES = new Set(['_modules', '_parameters', '_buffers'])

/** A tensor as described by a pickle. */
export interface TorchTensor {
  /** Dotted path, such as `state_dict.net.model.cls_token`. */
  name: string
  dtype: string
  shape: number[]
  strides: number[]
  /** Offset in the storage, in elements. */
  offset: number
  /** Elements spanned in the storage. */
  extent: number
  /** Key of the storage. */
  storage: string
}

/**
 * Collects all tensors below a value by dotted path of dictionary keys, list positions and object attributes.
 * Throws `FormatError`.
 */
export function collectTensors(root: PickleValue, keys: KeyTexts): TorchTensor[] {
  return new Collector(keys).collect(root)
}

class Collector {
  readonly #keys: KeyTexts
  readonly #tensors = new Map<string, TorchTensor>()
  readonly #parents: PickleValue[] = []
  #visits = 0
  #nameCharacters = 0

  constructor(keys: KeyTexts) {
    this.#keys = keys
  }

  collect(root: PickleValue): TorchTensor[] {
    this.#visit(root, '')
    return [...this.#tensors.values()]
  }

  #visit(value: PickleValue, name: string): void {
    if (++this.#visits > MAX_VISITS) throw new FormatError('its values are shared in too many places')
    const making = makingOf(value)
    if (making) {
      this.#add(making, name)
      return
    }
    if (value.kind !== 'list' && value.kind !== 'dict' && value.kind !== 'object') return
    if (this.#parents.includes(value)) return // circular
    if (this.#parents.length === MAX_DEPTH) throw new FormatError('its values are nested too deeply')
    this.#parents.push(value)
    if (value.kind === 'object') this.#object(value, name)
    if (value.kind !== 'list') {
      for (const [key, content] of value.entries) this.#visit(content, joined(name, this.#keys.of(key)))
    }
    if (value.kind !== 'dict') {
      for (const [i, item] of value.items.entries()) this.#visit(item, joined(name, String(i)))
    }
    this.#parents.pop()
  }

  #object({ args, state }: PickleObject, name: string): void {
    this.#visit(args, joined(name, '__args__'))
    if (state?.kind === 'dict') {
      for (const [key, content] of state.entries) {
        const attribute = this.#keys.of(key)
        this.#visit(content, TABLES.has(attribute) ? name : joined(name, attribute))
      }
    } else if (state) {
      this.#visit(state, joined(name, '__state__'))
    }
  }

  #add(making: Making, name: string): void {
    this.#nameCharacters += name.length
    if (this.#nameCharacters > MAX_NAME_CHARACTERS) {
      throw new FormatError('the names of its tensors are too long')
    }
    if (this.#tensors.has(name)) throw new FormatError(`it has two tensors called '${name}'`)
    const tensor = readTensor(making, name)
    if (typeof tensor === 'string') throw new FormatError(`tensor '${name}' has a malformed ${tensor}`)
    this.#tensors.set(name, tensor)
  }
}

function joined(name: string, key: string): string {
  const short = key.slice(0, LONGEST_NAME)
  return (name === '' ? short : `${name}.${short}`).slice(0, LONGEST_NAME)
}

/**
 * Parses a tensor from (storage, offset, shape, strides, ...), with the type as seventh element for
 * _rebuild_tensor_v3. Returns the name of the malformed part on failure.
 */
function readTensor({ function: made, args }: Making, name: string): TorchTensor | string {
  const [where, first, sides, steps, , , type] = args
  if (!where || !first || !sides || !steps) return 'description'
  const storage = readStorage(where)
  if (!storage) return 'storage'
  let dtype = storage.dtype
  if (made === 'torch._utils._rebuild_tensor_v3') {
    if (type?.kind !== 'global') return 'type'
    dtype = dtypeOfType(type.name)
  }
  if (first.kind !== 'integer' || first.value < 0) return 'offset'
  const shape = readSides(sides)
  const strides = readSides(steps)
  if (!shape || strides?.length !== shape.length) return 'shape'
  const count = countOf(shape)
  const span = shape.reduce((sum, side, axis) => sum + Math.max(side - 1, 0) * strides[axis]!, 1)
  if (!(count <= Number.MAX_SAFE_INTEGER && first.value + span <= Number.MAX_SAFE_INTEGER)) return 'shape'
  const extent = count === 0 ? 0 : span
  return {
    name,
    dtype,
    shape,
    strides,
    offset: first.value,
    extent,
    storage: storage.view?.key ?? storage.key,
  }
}

/** Parses a list of non-negative integers; null for anything else. */
function readSides(value: PickleValue): number[] | null {
  if (value.kind !== 'list' || value.items.length > MAX_AXES) return null
  const sides = value.items.map((side) => (side.kind === 'integer' ? side.value : -1))
  return sides.every((side) => side >= 0) ? sides : null
}
