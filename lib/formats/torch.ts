/**
 * Reads files from torch.save: a zip archive (PyTorch 1.6 and newer) or the legacy form (pickles, then
 * storages), as .pth, .pt, .ckpt or .pth.tar; torch/serialization.py of PyTorch, _save and _legacy_save.
 * Nothing is executed.
 */
import { ByteSource } from './byte-source.js'
import { FormatError } from './format-error.js'
import { OtherFile, recognizeZip } from './other-files.js'
import { readPickle } from './pickle.js'
import { KeyTexts } from './pickle-keys.js'
import { plainValues } from './pickle-plain.js'
import { entryOf, type Pickle } from './pickle-value.js'
import type { RandomAccessFile } from './random-access.js'
import { ELEMENT_BYTES, type StoredTensor, type TensorFile } from './tensor-file.js'
import { makingOf } from './torch-making.js'
import { FOREIGN_BYTES, readStorage, type TorchStorage, UNKNOWN_DTYPE } from './torch-storages.js'
import { collectTensors, type TorchTensor } from './torch-tensors.js'
import type { FileRange } from './zip.js'

const ZIP_BEGIN = 'PK\x03\x04'
/** The magic number of the legacy form in two's complement and decimal. */
const MAGIC = ['0x1950a86a20f9469cfc6c', '119547037146038801333356']
const LEGACY_PROTOCOL = 1001
const DESCRIPTION = 'data.pkl'

type Storages = ReadonlyMap<string, FileRange>

/** Whether a file that starts with these bytes is a PyTorch file. */
export const isTorch = (beginning: Buffer): boolean =>
  isZip(beginning) || beginning[0] === 0x80 || beginning[0] === 'L'.charCodeAt(0)

const isZip = (beginning: Buffer) => beginning.toString('latin1', 0, ZIP_BEGIN.length) === ZIP_BEGIN

/** Reads a file without the values of its tensors. Rejects with `FormatError`. */
export async function readTorch(file: RandomAccessFile): Promise<TensorFile> {
  const beginning = await file.read(0, Math.min(file.size, ZIP_BEGIN.length))
  const { pickle, storages, isProgram } = isZip(beginning) ? await readZip(file) : await readLegacy(file)
  const keys = new KeyTexts()
  const tensors = collectTensors(pickle.root, keys).map((tensor) => placed(tensor, file.path, storages))
  const values = plainValues(pickle.root, keys, (value) => makingOf(value) !== null)
  const found: TensorFile = {
    path: file.path,
    format: 'torch',
    metadata: {},
    values,
    tensors,
    bytes: file.size,
  }
  return isProgram ? { ...found, isProgram } : found
}

interface Archive {
  pickle: Pickle
  storages: Storages
  isProgram: boolean
}

/** Reads a zip archive: <folder>/data.pkl is the description, <folder>/data/<key> are the storages. */
async function readZip(file: RandomAccessFile): Promise<Archive> {
  const { ZipArchive } = await import('./zip.js')
  const zip = await ZipArchive.open(file)
  const folder = folderOf(zip.names)
  const order = await zip.locate(`${folder}/byteorder`)
  if (order && (order.bytes > 6 || (await file.read(order.begin, order.bytes)).toString() !== 'little')) {
    throw bigEndian()
  }
  const isProgram = zip.names.some((name) => name.startsWith(`${folder}/code/`))
  const { begin, bytes } = (await zip.locate(`${folder}/${DESCRIPTION}`))!
  const pickle = await readPickle(new ByteSource(file, begin, begin + bytes)).catch((cause) => {
    throw isProgram && cause instanceof FormatError ? programError(cause) : cause
  })
  const storages = new Map<string, FileRange>()
  for (const value of pickle.persistents) {
    const storage = readStorage(value)
    if (!storage || storages.has(storage.key)) continue
    const range = await zip.locate(`${folder}/data/${storage.key}`)
    if (!range) throw new FormatError(`its storage ${storage.key} is missing`)
    storages.set(storage.key, range)
  }
  return { pickle, storages, isProgram }
}

const programError = (cause: FormatError) =>
  new OtherFile('is a TorchScript program', {
    remedy: 'Save its weights with torch.save(model.state_dict(), path) and name that file.',
    cause,
  })

/** Folder with the description. */
function folderOf(names: string[]): string {
  const folders = names.flatMap((name) => {
    const slash = name.indexOf('/')
    return slash >= 0 && name.slice(slash + 1) === DESCRIPTION ? [name.slice(0, slash)] : []
  })
  const [folder] = folders.sort()
  if (folder !== undefined) return folder
  const other = recognizeZip(names)
  if (other) throw other
  throw new FormatError('it is a zip archive, but not one that torch.save wrote: it has no data.pkl')
}

/**
 * Reads five pickles: magic number, protocol, system, saved object, storage keys. Then for each key the
 * number of elements (int64) and their bytes.
 */
async function readLegacy(file: RandomAccessFile): Promise<Archive> {
  const source = new ByteSource(file, 0, file.size)
  const { root: magic } = await readPickle(source)
  if (magic.kind !== 'big' || !MAGIC.includes(magic.text)) {
    throw new FormatError('it is a pickle, but not one that torch.save wrote')
  }
  const { root: protocol } = await readPickle(source)
  if (protocol.kind !== 'integer' || protocol.value !== LEGACY_PROTOCOL) {
    throw new FormatError("it has an unknown version of PyTorch's legacy form")
  }
  const { root: system } = await readPickle(source)
  const little = entryOf(system, 'little_endian')
  if (little?.kind !== 'boolean' || !little.value) throw bigEndian()
  const pickle = await readPickle(source)
  return { pickle, storages: await readLegacyStorages(source, file, pickle), isProgram: false }
}

async function readLegacyStorages(
  source: ByteSource,
  file: RandomAccessFile,
  pickle: Pickle,
): Promise<Storages> {
  const described = new Map<string, TorchStorage>()
  const views: TorchStorage[] = []
  for (const value of pickle.persistents) {
    const storage = readStorage(value)
    if (!storage) continue
    if (storage.dtype === UNKNOWN_DTYPE) {
      throw new FormatError(`its storage ${storage.key} is of an unknown type`)
    }
    if (!described.has(storage.key)) described.set(storage.key, storage)
    if (storage.view) views.push(storage)
  }
  const { root: keys } = await readPickle(source)
  const storages = new Map<string, FileRange>()
  for (const key of keys.kind === 'list' || keys.kind === 'object' ? keys.items : []) {
    const storage = key.kind === 'text' ? described.get(key.text) : undefined
    if (!storage) throw new FormatError('it has a storage that nothing describes')
    await source.load(8)
    const bytes = source.unsigned(8) * bytesOf(storage.dtype)
    if (bytes > file.size) throw new FormatError('it ends early')
    storages.set(storage.key, { begin: source.position, bytes })
    source.skip(bytes)
  }
  for (const { key, dtype, view } of views) {
    const whole = storages.get(key)
    const offset = view!.offset * bytesOf(dtype)
    if (!whole || offset > whole.bytes) {
      throw new FormatError(`its storage ${view!.key} lies outside of the one it is part of`)
    }
    storages.set(view!.key, { begin: whole.begin + offset, bytes: whole.bytes - offset })
  }
  return storages
}

const bytesOf = (dtype: string): number => ELEMENT_BYTES[dtype] ?? FOREIGN_BYTES[dtype]!

const bigEndian = () =>
  new FormatError('it was written on a big-endian machine', {
    remedy: 'Write it again with torch.save on another machine.',
  })

/** Locates a tensor in the file, or describes the problem with it. */
function placed(tensor: TorchTensor, file: string, storages: Storages): StoredTensor {
  const { name, dtype, shape, strides } = tensor
  const unreadable = (problem: string) => ({
    name,
    dtype,
    shape,
    strides,
    file,
    offset: 0,
    extent: 0,
    problem,
  })
  const width = ELEMENT_BYTES[dtype]
  if (width === undefined) {
    return unreadable(
      `it has the type ${dtype}: complex, quantized and 8-bit float tensors are not supported`,
    )
  }
  const range = storages.get(tensor.storage)
  if (!range) return unreadable('its storage is missing')
  if (tensor.offset + tensor.extent > Math.floor(range.bytes / width)) {
    return unreadable('it lies outside of its storage')
  }
  const offset = range.begin + tensor.offset * width
  return { name, dtype, shape, strides, file, offset, extent: tensor.extent * width, problem: null }
}
