/** Storages in PyTorch pickles and their element types. */
import { FormatError } from './format-error.js'
import type { PickleValue } from './pickle-value.js'

/** PyTorch's name for an unknown type. */
export const UNKNOWN_DTYPE = 'UNKNOWN_SCALAR'

/** Types by storage class, in safetensors notation or, failing that, by PyTorch's names. */
const STORAGE_DTYPES: Record<string, string> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  UntypedStorage: 'U8',
  ComplexFloatStorage: 'ComplexFloat',
  ComplexDoubleStorage: 'ComplexDouble',
  QInt8Storage: 'QInt8',
  QUInt8Storage: 'QUInt8',
  QInt32Storage: 'QInt32',
  QUInt4x2Storage: 'QUInt4x2',
  QUInt2x4Storage: 'QUInt2x4',
}

/** Bytes per element of types that safetensors does not have, if they have their own storage class. */
export const FOREIGN_BYTES: Readonly<Record<string, number>> = {
  ComplexFloat: 8,
  ComplexDouble: 16,
  QInt8: 1,
  QUInt8: 1,
  QInt32: 4,
  QUInt4x2: 1,
  QUInt2x4: 1,
}

/** Types without a storage class of their own. */
const TYPE_DTYPES: Record<string, string> = {
  'torch.uint16': 'U16',
  'torch.uint32': 'UInt32',
  'torch.uint64': 'UInt64',
  'torch.float8_e4m3fn': 'Float8_e4m3fn',
  'torch.float8_e5m2': 'Float8_e5m2',
  'torch.float8_e4m3fnuz': 'Float8_e4m3fnuz',
  'torch.float8_e5m2fnuz': 'Float8_e5m2fnuz',
  'torch.complex32': 'ComplexHalf',
}

/** The type of `torch.uint16` and the like. */
export const dtypeOfType = (name: string): string => found(TYPE_DTYPES, name)

const found = (table: Record<string, string>, name: string) =>
  Object.hasOwn(table, name) ? table[name]! : UNKNOWN_DTYPE

/** A storage as described by a pickle: ("storage", class, key, location, elements[, view]). */
export interface TorchStorage {
  key: string
  dtype: string
  /** In files from before PyTorch 0.4: a view of this storage, with its key and first element. */
  view: { key: string; offset: number } | null
}

/** Parses a persistent value as a storage; null for other values. Throws `FormatError` if malformed. */
export function readStorage(value: PickleValue): TorchStorage | null {
  if (value.kind !== 'persistent' || value.id.kind !== 'list') return null
  const [word, type, key, , elements, view] = value.id.items
  if (word?.kind !== 'text' || word.text !== 'storage') return null
  if (type?.kind !== 'global' || key?.kind !== 'text' || elements === undefined) throw malformed()
  const dtype = found(STORAGE_DTYPES, type.name.slice(type.name.lastIndexOf('.') + 1))
  if (view?.kind !== 'list' || view.items.length !== 3) return { key: key.text, dtype, view: null }
  const [viewKey, offset] = view.items // (key, offset, elements)
  if (viewKey?.kind !== 'text' || offset?.kind !== 'integer' || offset.value < 0) throw malformed()
  return { key: key.text, dtype, view: { key: viewKey.text, offset: offset.value } }
}

const malformed = () => new FormatError('a storage in its pickle is malformed')
