/**
 * TIFFs that the usual decoder reads wrongly or not at all: samples of more than 8 bits, bands in planes, more than four
 * bands. The others are left to it.
 */
import type { GeoTIFFImage } from 'geotiff'
import type { Orientation } from './orient.js'
import type { SampleData, Samples } from './samples.js'

const MAGIC = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+']
const BYTE_BITS = 8
const WHITE_IS_ZERO = 0
const BLACK_IS_ZERO = 1
const RGB = 2
const IN_PLANES = 2
const ALPHA = [1, 2]

/** A TIFF that is opened, before its samples are read. */
export interface OpenTiff {
  width: number
  height: number
  /** Whether samples are not bytes. */
  isWide: boolean
  read(): Promise<Samples & { orientation: Orientation }>
}

/** Whether bytes begin like a TIFF. */
export function isTiff(bytes: Buffer): boolean {
  return MAGIC.includes(bytes.subarray(0, 4).toString('latin1'))
}

/** Opens a TIFF whose samples have to be read here; null if the usual decoder reads it right. */
export async function openTiff(bytes: Buffer): Promise<OpenTiff | null> {
  const { fromArrayBuffer } = await import('geotiff')
  const { buffer, byteOffset, byteLength } = bytes
  const tiff = await fromArrayBuffer(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
  const image = await tiff.getImage()
  const field = fieldsOf(image)
  const bits = [...field('BitsPerSample', [1])]
  const formats = [...field('SampleFormat', [1])]
  const bands = image.getSamplesPerPixel()
  const photometric = field('PhotometricInterpretation', [BLACK_IS_ZERO])[0]!
  const extra = [...field('ExtraSamples', [])]
  const isPlain = bits.every((count) => count <= BYTE_BITS) && formats.every((format) => format === 1)
  const colors = photometric === RGB ? 3 : photometric <= BLACK_IS_ZERO ? 1 : 0
  const surplus = colors > 0 && bands > colors + (ALPHA.includes(extra.at(-1)!) ? 1 : 0)
  const inPlanes = field('PlanarConfiguration', [1])[0] === IN_PLANES && bands > 1
  if (isPlain && !inPlanes && !surplus) return null
  return {
    width: image.getWidth(),
    height: image.getHeight(),
    isWide: !isPlain,
    async read() {
      const data = (await image.readRasters({ interleave: true })) as unknown as SampleData
      return {
        data,
        width: image.getWidth(),
        height: image.getHeight(),
        bands,
        noData: image.getGDALNoData(),
        inverted: photometric === WHITE_IS_ZERO,
        alpha: ALPHA.includes(extra.at(-1)!),
        orientation: field('Orientation', [1])[0] as Orientation,
      }
    },
  }
}

function fieldsOf(image: GeoTIFFImage) {
  const { fileDirectory } = image
  return (name: string, absent: number[]): ArrayLike<number> & Iterable<number> => {
    const value = fileDirectory.getValue(name as 'BitsPerSample') as number | ArrayLike<number> | undefined
    if (value === undefined || value === null) return absent
    return typeof value === 'number' ? [value] : Array.from(value)
  }
}
