/** Where `stego segment` writes its pictures. */
import { dirname, extname } from 'node:path'
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

/** Where pictures go. */
export interface Place {
  /** The one file; null for a folder. */
  file: string | null
  folder: string
  /** What follows the name of an image, such as `.overlay.png`. */
  ending: string
}

/**
 * Decides where pictures go: to `out` itself if it has the extension of an image, which suits only one picture, or else
 * to files in the folder `out`.
 * @param several why there may be several pictures, such as `3 images`; null if there is exactly one
 *
 * Throws `ERR_STEGO_OPTION` if the flags contradict each other.
 */
export function placeOf({ out, style, format }: Asked, several: string | null): Place {
  const named = formatOf(out)
  const chosen = format ?? named ?? 'png'
  if (chosen !== 'png' && style !== 'overlay') {
    throw refusal(
      `--style ${style} keeps class indices, which are lost when ${chosen} compresses colors. ` +
        'Write it as PNG, or choose --style overlay',
    )
  }
  const ending = `.${style}${EXTENSIONS[chosen]}`
  if (named === undefined) return { file: null, folder: out, ending }
  if (named !== chosen) {
    throw refusal(`--out ${out} and --format ${format} name different formats. Pass one of them`)
  }
  if (several !== null) {
    throw refusal(`--out ${out} is one file, but there may be several pictures: ${several}. Pass a folder`)
  }
  return { file: out, folder: dirname(out), ending }
}

function formatOf(file: string): Format | undefined {
  const extension = extname(file).toLowerCase()
  if (extension === '.jpeg') return 'jpeg'
  return FORMATS.find((format) => EXTENSIONS[format] === extension)
}

function refusal(message: string): StegoError {
  return new StegoError('ERR_STEGO_OPTION', `stego segment: ${message}.`)
}
