/** Recognizes files that are not weights, or are weights in a format that is not read, and names them. */
import { FormatError } from './format-error.js'

/** Bytes needed to recognize a file: a tar archive has its mark at 257. */
export const RECOGNIZED_BYTES = 1024

/** A file of a known other kind. The message continues the file's name. */
export class OtherFile extends FormatError {
  override readonly subject = 'file'
}

const UNPACK = 'Unpack it first, then name the weight file or folder that was in it.'
const EXPORT =
  'Save the weights as .safetensors, or with torch.save(model.state_dict(), path), and name that file.'
const PICTURE = 'Name the weight file instead.'
const AGAIN = 'Download the file itself.'

/** The first bytes of a format: its name and what to do. */
const MAGICS: [magic: string, name: string, remedy: string][] = [
  ['\x1f\x8b', 'a gzip archive', UNPACK],
  ['BZh', 'a bzip2 archive', UNPACK],
  ['\xfd7zXZ\0', 'an xz archive', UNPACK],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive', UNPACK],
  ['\x04\x22\x4d\x18', 'an LZ4 archive', UNPACK],
  ["7z\xbc\xaf'\x1c", 'a 7z archive', UNPACK],
  ['Rar!\x1a\x07', 'a RAR archive', UNPACK],
  ['PK\x05\x06', 'an empty zip archive', AGAIN],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file, as Keras and TensorFlow write', EXPORT],
  ['\x93NUMPY', 'a NumPy array', EXPORT],
  ['GGUF', 'a GGUF file', EXPORT],
  ['lmgg', 'a GGML file', EXPORT],
  ['\x89PNG\r\n\x1a\n', 'a PNG image', PICTURE],
  ['\xff\xd8\xff', 'a JPEG image', PICTURE],
  ['GIF8', 'a GIF image', PICTURE],
  ['II*\0', 'a TIFF image', PICTURE],
  ['MM\0*', 'a TIFF image', PICTURE],
  ['%PDF-', 'a PDF document', PICTURE],
  ['\x7fELF', 'a program or library', PICTURE],
]

/** Marks of formats at other offsets. */
const MARKS: [offset: number, mark: string, name: string, remedy: string][] = [
  [257, 'ustar', 'a tar archive', UNPACK],
  [4, 'TFL3', 'a TensorFlow Lite model', EXPORT],
  [4, 'ET12', 'an ExecuTorch program', EXPORT],
  [8, 'WEBP', 'a WebP image', PICTURE],
  [8, 'WAVE', 'a sound file', PICTURE],
  [4, 'ftyp', 'a video or an AVIF or HEIC image', PICTURE],
]

/**
 * Recognizes a file by its first `RECOGNIZED_BYTES` bytes; null for what may be weights.
 * @param size length of the file
 */
export function recognize(beginning: Buffer, size: number): OtherFile | null {
  if (size === 0) return new OtherFile('is empty', { remedy: 'Download or write it again.' })
  const bytes = beginning.toString('latin1')
  const magic = MAGICS.find(([mark]) => bytes.startsWith(mark))
  if (magic) return named(magic[1], magic[2])
  const mark = MARKS.find(([offset, text]) => bytes.startsWith(text, offset))
  if (mark) return named(mark[2], mark[3])
  if (isBitmap(beginning, size)) return named('a BMP image', PICTURE)
  if (isFlax(beginning)) return named('a Flax file (msgpack)', EXPORT)
  if (isOnnx(beginning)) return named('an ONNX or TensorFlow graph', EXPORT)
  if (beginning.every((byte) => byte === 0)) {
    return new OtherFile('holds zeros where its header should be, as after an interrupted download', {
      remedy: 'Download it again.',
    })
  }
  return recognizeText(beginning, size)
}

const named = (name: string, remedy: string) => new OtherFile(`is ${name}`, { remedy })

const isBitmap = (bytes: Buffer, size: number) =>
  bytes.length > 6 && bytes.toString('latin1', 0, 2) === 'BM' && bytes.readUInt32LE(2) === size

/** A msgpack map whose first key is text. */
function isFlax([first = 0, second = 0]: Buffer): boolean {
  const isMap = (first > 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf
  return isMap && (first >= 0xde || (second > 0xa0 && second <= 0xbf) || second === 0xd9)
}

/** Fields 1 (a small version), then 2 to 8 of a protocol buffer. */
function isOnnx([first, version = 0, next = 0]: Buffer): boolean {
  return (
    first === 0x08 && version > 0 && version < 32 && [0x12, 0x1a, 0x22, 0x2a, 0x32, 0x3a, 0x42].includes(next)
  )
}

function recognizeText(beginning: Buffer, size: number): OtherFile | null {
  const text = textOf(beginning, size)
  if (text === null) return null
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const bytes = /^size (\d+)$/m.exec(text)?.[1]
    const which = bytes === undefined ? '' : ` of a file of ${bytes} bytes`
    return named(
      `a Git LFS pointer${which}, not the file itself`,
      'Run `git lfs pull` in its repository, or download the file itself.',
    )
  }
  if (/^[./]*(\.git)?\/annex\/objects\//.test(text)) {
    return named('a git-annex pointer, not the file itself', 'Run `git annex get` in its repository.')
  }
  if (/^(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|title|meta)\b/is.test(text)) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]
    const page = title?.trim() ? `a web page (${quoted(title)})` : 'a web page'
    return named(
      `${page}, such as a login or virus-scan page that was saved instead of the file`,
      'Open the address in a browser and download the file itself.',
    )
  }
  if (/^<(\?xml|[a-z])/i.test(text)) return named('XML, such as the error message of a server', AGAIN)
  // A number in text is how PyTorch's oldest files begin.
  if (/^L\d+L?\r?\n/.test(text)) return null
  if (/^[{[]\s*(["{}\]\d-]|$)/.test(text)) {
    return named('JSON', 'Name the weight file, or the folder with config.json and the weights.')
  }
  return named(`text of ${size} bytes, which begins ${quoted(text)}`, AGAIN)
}

/** The text in the first bytes without byte-order mark and leading space; null if they are not text. */
function textOf(beginning: Buffer, size: number): string | null {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const text = decoder.decode(beginning, { stream: size > beginning.length }).trimStart()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none
    return /[\0-\x08\x0e-\x1f\x7f]/.test(text) ? null : text
  } catch {
    return null
  }
}

const LONGEST_QUOTE = 60

function quoted(text: string): string {
  const line = text
    .trim()
    .split(/[\r\n]/)[0]!
    .replace(/\s+/g, ' ')
  return JSON.stringify(line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}...` : line)
}

/** What a zip archive without PyTorch's description is, by the names in it. */
export function recognizeZip(names: string[]): OtherFile | null {
  const has = (pattern: RegExp) => names.find((name) => pattern.test(name))
  if (names.length > 0 && names.every((name) => name.endsWith('.npy'))) {
    return named('a NumPy archive (.npz)', EXPORT)
  }
  if (has(/^(metadata\.json|model\.weights\.h5)$/)) return named('a Keras model', EXPORT)
  const packed = has(/\.(safetensors|bin|pth|pt|ckpt|tar|h5|onnx|gguf)$/i)
  return packed === undefined ? null : named(`a zip archive of ${quoted(packed)}`, UNPACK)
}
