/** Several segmentations as one value that a notebook shows. */
import { sharp } from '../images/sharp.js'
import { DISPLAY, type Display, displayPictures } from './notebook.js'
import type { Segmentation } from './segmentation.js'

/** Pixels of a picture's width. Kernels drop displays of several megabytes. */
const WIDTH = 480

/** Segmentations that a notebook shows side by side. */
export type Gallery = readonly Segmentation[] & Displayed

/** What notebooks show. */
interface Displayed {
  /** Displays the overlays with their names in notebooks. */
  [DISPLAY](): Promise<Display>
}

/**
 * Shows segmentations side by side in a notebook, which has no display for an array. The result is an array of them.
 *
 * ```ts
 * gallery(await Array.fromAsync(model.segmentAll('./photos')))
 * ```
 */
export function gallery(segmentations: Iterable<Segmentation>): Gallery {
  const shown = [...segmentations]
  const display = async () =>
    displayPictures(
      await Promise.all(
        shown.map(async (segmentation, index) => ({
          jpeg: await thumbnail(await segmentation.toPng()),
          text: segmentation.source ?? `image ${index + 1}`,
        })),
      ),
    )
  return Object.defineProperty(shown, DISPLAY, { value: display }) as unknown as Gallery
}

function thumbnail(png: Buffer): Promise<Buffer> {
  return sharp(png).resize({ width: WIDTH, withoutEnlargement: true }).jpeg({ quality: 85 }).toBuffer()
}
