/** What a file is, by its first bytes: the reason why something is not an image that is read. */

interface Kind {
  /** What the file is. */
  name: string
  /** What to do about it. */
  remedy: string
}

const TO_JPEG = 'convert it to JPEG or PNG'
const HEIC_REMEDY =
  'convert HEIC to JPEG: `heif-convert in.heic out.jpg` (libheif), `sips -s format jpeg *.heic --out converted` on ' +
  'macOS, or choose "Most Compatible" in the camera settings of an iPhone'

/** How to convert files that are not read, by extension. */
export const CONVERSIONS: Record<string, string> = {
  heic: HEIC_REMEDY,
  heif: HEIC_REMEDY,
  bmp: 'convert BMP to PNG: `magick mogrify -format png *.bmp`',
}

const HEIC: Kind = { name: 'a HEIC image', remedy: HEIC_REMEDY }
const VIDEO: Kind = { name: 'a video', remedy: 'extract frames: `ffmpeg -i video -r 1 frame%05d.png`' }
const CAMERA: Kind = { name: "a camera's raw file", remedy: 'develop it to JPEG or TIFF' }
const TEXT: Kind = { name: 'a text file', remedy: 'pass an image' }

const SIGNATURES: [at: number, bytes: string, kind: Kind][] = [
  [0, 'BM', { name: 'a BMP image', remedy: CONVERSIONS.bmp! }],
  [0, '8BPS', { name: 'a Photoshop file', remedy: TO_JPEG }],
  [0, '%PDF', { name: 'a PDF', remedy: 'export its pages or pictures as PNG' }],
  [0, 'PK\x03\x04', { name: 'a ZIP archive', remedy: 'unpack it' }],
  [0, '\x1f\x8b', { name: 'a gzip archive', remedy: 'unpack it' }],
  [0, '\xff\x0a', { name: 'a JPEG XL image', remedy: TO_JPEG }],
  [4, 'JXL ', { name: 'a JPEG XL image', remedy: TO_JPEG }],
  [4, 'jP  ', { name: 'a JPEG 2000 image', remedy: TO_JPEG }],
  [0, '\xff\x4f\xff\x51', { name: 'a JPEG 2000 image', remedy: TO_JPEG }],
  [0, 'v/1\x01', { name: 'an OpenEXR image', remedy: 'convert it to a float TIFF' }],
  [0, '#?RADIANCE', { name: 'a Radiance HDR image', remedy: 'convert it to a float TIFF' }],
  [128, 'DICM', { name: 'a DICOM file', remedy: 'export its slices as 16-bit PNG or TIFF' }],
  [0, '\x93NUMPY', { name: 'a NumPy array', remedy: 'write it as PNG or TIFF' }],
  [0, 'SIMPLE  =', { name: 'a FITS file', remedy: 'write it as a float TIFF' }],
  [0, '\x89HDF', { name: 'an HDF5 file', remedy: 'write its images as PNG or TIFF' }],
  [0, 'FUJIFILMCCD-RAW', CAMERA],
  [8, 'CR', CAMERA],
  [0, 'RIFF', VIDEO],
  [0, '\x1a\x45\xdf\xa3', VIDEO],
  [0, 'version https://git-lfs', { name: 'a Git LFS pointer', remedy: 'run `git lfs pull`' }],
]
const FTYP_AT = 4
/** Brands of ISO media files that hold HEVC stills; AVIF is read. */
const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1']
const READ_BRANDS = ['avif', 'avis']
const BEGINNING = 512

/** What a file that cannot be decoded is, and what to do; null if it looks like a damaged image or like nothing known. */
export function fileKind(bytes: Buffer): Kind | null {
  if (bytes.length === 0) return { name: 'an empty file', remedy: 'copy or download it again' }
  const start = bytes.subarray(0, BEGINNING).toString('latin1')
  if (start.startsWith('ftyp', FTYP_AT)) return mediaKind(bytes)
  // RIFF holds WebP as well, which is read.
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return null
  const known = SIGNATURES.find(([at, signature]) => start.startsWith(signature, at))
  return known?.[2] ?? textKind(start)
}

function mediaKind(bytes: Buffer): Kind | null {
  const size = Math.min(bytes.readUInt32BE(0), BEGINNING, bytes.length)
  const brands =
    bytes
      .subarray(FTYP_AT + 4, size)
      .toString('latin1')
      .match(/.{4}/gs) ?? []
  if (brands.some((brand) => READ_BRANDS.includes(brand))) return null
  return HEIC_BRANDS.includes(brands[0] ?? '') ? HEIC : VIDEO
}

function textKind(start: string): Kind | null {
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart()
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg/i.test(text)) {
    return { name: 'an SVG drawing', remedy: 'render it to PNG at the size you need' }
  }
  if (/^<(!doctype html|html|head|body)/i.test(text)) {
    return { name: 'an HTML page', remedy: 'download the image itself' }
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of these
  return /[\x00-\x08\x0e-\x1f]/.test(start) ? null : TEXT
}
