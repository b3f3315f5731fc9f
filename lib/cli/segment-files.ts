/** Where `stego segment` writes its pictures. */
import { basename, extname, join } from 'node:path'
import { StegoError } from '../errors.js'
import type { SegmentationStyle } from '../output/segmentation.js'

export const FORMATS = ['png', 'jpeg', 'webp'] as const
export type Format = (typeof FORMATS)[number]

const EXTENSIONS: Record<Format, string> = { png: '.png', jpeg: '.jpg', webp: '.webp' }

/** What the flags say about the pictures. */
interface Asked {
  out: string
  style: SegmentationStyle
  format: Format | undefined
}

/** Names the picture of an image by the image's path or name. */
export type NamePicture = (source: string) => string

/**
 * Decides the file of each picture: `out` itself if it has the extension of an image, which suits only one
 * picture, or else a file in the folder `out`.
 * @param several why there may be several pictures, such as `3 images`; null if there is exactly one
 *
 * Throws `ERR_STEGO_OPTION` if the flags contradict each other.
 */
export function pictureFiles({ out, style, format }: Asked, several: string | null): NamePicture {
  const named = formatOf(out)
  const chosen = format ?? named ?? 'png'
  if (chosen !== 'png' && style !== 'overlay') {
    throw refusal(
      `--style ${style} keeps class indices, which are lost when ${chosen} compresses colors. ` +
        'Write it as PNG, or choose --style overlay',
    )
  }
  if (named === undefined) return inFolder(out, `.${style}${EXTENSIONS[chosen]}`)
  if (named !== chosen) {
    throw refusal(`--out ${out} and --format ${format} name different formats. Pass one of them`)
  }
  if (several !== null) {
    throw refusal(`--out ${out} is one file, but there may be several pictures: ${several}. Pass a folder`)
  }
  return () => out
}

function formatOf(file: string): Format | undefined {
  const extension = extname(file).toLowerCase()
  if (extension === '.jpeg') return 'jpeg'
  return FORMATS.find((format) => EXTENSIONS[format] === extension)
}

/** Names are unique, even if images in several folders share one. */
function inFolder(folder: string, ending: string): NamePicture {
  const taken = new Set<string>()
  return (source) => {
    const stem = basename(source, extname(source))
    for (let number = 1; ; number++) {
      const name = `${number === 1 ? stem : `${stem}-${number}`}${ending}`
      if (taken.has(name)) continue
      taken.add(name)
      return join(folder, name)
    }
  }
}

function refusal(message: string): StegoError {
  return new StegoError('ERR_STEGO_OPTION', `stego segment: ${message}.`)
}
