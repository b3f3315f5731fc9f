/** Label maps as they are stored. */
import { StegoError } from '../errors.js'
import { decodePngIndices, type IndexMap } from '../formats/png.js'
import { fromFile } from './input.js'

/** Size a label map must have, and the image it belongs to for the error message. */
export interface LabelSize {
  width: number
  height: number
  /** Path or name of the image. */
  name?: string
}

/**
 * Reads a label map: a PNG whose values are class indices, 8-bit or shallower gray, palette (the index
 * counts, not the color), 16-bit gray, or RGB with equal channels.
 * @param path the label PNG
 * @param expected size of the decoded image, after its orientation was applied
 *
 * Throws `ERR_STEGO_DATA_MISSING`, `ERR_STEGO_IMAGE` where the file is damaged or color-coded,
 * `ERR_STEGO_LABEL_SIZE` where its size is not that of the image.
 */
export async function decodeLabels(path: string, expected: LabelSize): Promise<IndexMap> {
  const { name, bytes } = await fromFile(path)
  const labels = await decodePngIndices(bytes, name)
  if (labels.width !== expected.width || labels.height !== expected.height) {
    const turned = labels.width === expected.height && labels.height === expected.width
    throw new StegoError(
      'ERR_STEGO_LABEL_SIZE',
      `the label map ${name} is ${labels.width} x ${labels.height}, but its image` +
        `${expected.name ? ` ${expected.name}` : ''} is ${expected.width} x ${expected.height}. ` +
        (turned
          ? 'The image is rotated by its EXIF orientation: rotate the label map the same way.'
          : 'Resize the label map with nearest-neighbor interpolation, or check that they match.'),
    )
  }
  return labels
}

/** Reads a label map of any size. Throws as `decodeLabels` does. */
export async function readLabelIds(path: string): Promise<IndexMap> {
  const { name, bytes } = await fromFile(path)
  return decodePngIndices(bytes, name)
}
