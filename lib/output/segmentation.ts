/** Segmentation results, and writing them to files. */
import { basename, extname, resolve } from 'node:path'
import { StegoError } from '../errors.js'
import { sharp } from '../images/sharp.js'
import type { Pixels, Tensor } from '../native/index.js'
import { pathOf } from '../options/path.js'
import { writeWhole } from '../write-whole.js'
import { type LegendEntry, legendStrip } from './legend.js'
import { DISPLAY, type Display, displayPng } from './notebook.js'
import { drawOverlay, type OverlayOptions } from './overlay.js'
import { checkPalette, clusterPalette, colorOf, type Palette } from './palette.js'
import { encodeIndexPng, encodePalettePng } from './png.js'
import { percent } from './words.js'

/** Source of the labels: k-means clusters, the cluster probe or the linear probe. */
export type SegmentationHead = 'kmeans' | 'clusterProbe' | 'linearProbe'

const STYLES = ['overlay', 'palette', 'index'] as const

/**
 * How a segmentation is drawn: `overlay`, colors over the image; `palette`, a PNG that viewers show in
 * color and programs read as class indices; `index`, a PNG whose gray levels are the class indices.
 */
export type SegmentationStyle = (typeof STYLES)[number]

/** How a segmentation is drawn. */
export interface DrawOptions extends OverlayOptions {
  /** Default: `overlay`; for `toFile`, derived from the file name. */
  style?: SegmentationStyle
  /** Color of each class. Default: `clusterPalette`. */
  palette?: Palette
  /**
   * Add a strip below an overlay with the color, number, name and share of each class that occurs, largest
   * first. Other styles keep the size of the image. Default: false.
   */
  legend?: boolean
}

/** Fields of a segmentation. */
export interface SegmentationFields {
  /** The image at the size of the labels. */
  image: Pixels
  /** Class index of each pixel, row-major, [height, width]. */
  labels: Uint8Array
  /** Number of classes or clusters. */
  classes: number
  /** Class names by index, if known. */
  classNames?: string[] | null
  /** Source of the labels. */
  head: SegmentationHead
  /** Name or path of the image, if it has one. */
  source?: string | null
  /** Log-probabilities, [classes, height, width], if requested. */
  logProbabilities?: Tensor | null
  /** What is to be told about the image or the model. */
  notes?: string[]
}

/** A label map with its image. */
export class Segmentation {
  /** Width in pixels. */
  readonly width: number
  /** Height in pixels. */
  readonly height: number
  /** Class index of each pixel, row-major, [height, width]. */
  readonly labels: Uint8Array
  /** Number of classes or clusters. */
  readonly classes: number
  /** Class names by index; null for unnamed clusters. */
  readonly classNames: string[] | null
  /** Source of the labels. */
  readonly head: SegmentationHead
  /** Name or path of the image, if it has one. */
  readonly source: string | null
  /** Log-probabilities, [classes, height, width], if requested. */
  readonly logProbabilities: Tensor | null
  /** What is to be told: damage that was passed over, bands that are not used, a model that is not trained. */
  readonly notes: string[]
  readonly #image: Pixels

  /** Throws `ERR_STEGO_ARGUMENT` if labels and image differ in size. */
  constructor(fields: SegmentationFields) {
    const { width, height, data } = fields.image
    if (fields.labels.length !== width * height || data.length !== 3 * width * height) {
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `a segmentation needs 3 bytes and one label a pixel: an image of ${width} x ${height} with ` +
          `${data.length} bytes came with ${fields.labels.length} labels. ` +
          "Use a label map of the image's size.",
      )
    }
    this.width = width
    this.height = height
    this.labels = fields.labels
    this.classes = fields.classes
    this.classNames = fields.classNames ?? null
    this.head = fields.head
    this.source = fields.source ?? null
    this.logProbabilities = fields.logProbabilities ?? null
    this.notes = fields.notes ?? []
    this.#image = fields.image
  }

  /** Share of the image that each class covers, [classes]. Sums to 1 if no pixel is void. */
  areas(): number[] {
    const counts = Array.from({ length: this.classes }, () => 0)
    for (const label of this.labels) {
      if (label < this.classes) counts[label]! += 1
    }
    return counts.map((count) => count / this.labels.length)
  }

  /**
   * Mask of a class: 1 for its pixels and 0 for all others, row-major, [height, width].
   * @param of the index of a class or cluster, or a name of `classNames`
   *
   * Throws `ERR_STEGO_ARGUMENT` if the segmentation does not have the class.
   */
  mask(of: number | string): Uint8Array {
    const index = typeof of === 'string' ? (this.classNames ?? []).indexOf(of) : of
    if (!Number.isInteger(index) || index < 0 || index >= this.classes) {
      const names = this.classNames ? `, or one of ${this.classNames.join(', ')}` : ''
      throw new StegoError(
        'ERR_STEGO_ARGUMENT',
        `mask(): expected a class from 0 to ${this.classes - 1}${names}, got ${JSON.stringify(of)}.`,
      )
    }
    return this.labels.map((label) => (label === index ? 1 : 0))
  }

  /**
   * Draws the segmentation as PNG. Rejects with `ERR_STEGO_OPTION` if the style is unknown or the palette too
   * short.
   */
  async toPng(options: DrawOptions = {}): Promise<Buffer> {
    return this.#encode(checkStyle(options.style ?? 'overlay'), 'png', options)
  }

  /**
   * Writes the segmentation atomically, creating folders if needed. The file name selects the style:
   * `*.index.png`, `*.palette.png` or `*.overlay.png`, or else an overlay as PNG, JPEG or WebP. `style`
   * overrides it.
   *
   * Rejects with `ERR_STEGO_OPTION` if the name or style cannot be written, `ERR_STEGO_FILE` if writing
   * fails.
   */
  async toFile(path: string | URL, options: DrawOptions = {}): Promise<void> {
    const file = resolve(pathOf(path))
    const format = formatOf(file)
    const style = checkStyle(options.style ?? styleOf(file))
    if (format !== 'png' && style !== 'overlay') {
      throw new StegoError(
        'ERR_STEGO_OPTION',
        `the style ${style} keeps class indices and is written as PNG only, got ${basename(file)}. ` +
          'Name the file *.png.',
      )
    }
    await writeWhole(file, await this.#encode(style, format, options))
  }

  /** Displays the overlay in notebooks. */
  async [DISPLAY](): Promise<Display> {
    const { width, height, classes, source } = this
    return displayPng(await this.toPng(), `${source ?? 'an image'}, ${width} x ${height}, ${classes} classes`)
  }

  async #encode(style: SegmentationStyle, format: Format, options: DrawOptions): Promise<Buffer> {
    const { labels, width, height } = this
    if (style === 'index') return encodeIndexPng({ data: labels, width, height })
    const palette = checkPalette(options.palette ?? clusterPalette(this.classes), this.classes)
    if (style === 'palette') return encodePalettePng({ data: labels, width, height }, palette)
    const strip = options.legend ? await legendStrip({ width, height }, this.#legend(palette)) : null
    return encodePixels(drawOverlay(this.#image, labels, palette, options, strip), format)
  }

  #legend(palette: Palette): LegendEntry[] {
    return this.areas()
      .map((share, index) => ({ share, index }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share)
      .map(({ share, index }) => {
        const name = this.classNames?.[index] ? ` ${this.classNames[index]}` : ''
        return { color: colorOf(palette, index), name: `${index}${name}: ${percent(share)}` }
      })
  }
}

function encodePixels({ data, width, height }: Pixels, format: Format): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format, FORMAT_OPTIONS[format])
    .toBuffer()
}

type Format = 'png' | 'jpeg' | 'webp'
const FORMATS: Record<string, Format> = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' }
/** Full color resolution, so that thin boundaries stay clean. */
const FORMAT_OPTIONS = {
  png: {},
  jpeg: { quality: 90, chromaSubsampling: '4:4:4' },
  webp: { quality: 90, smartSubsample: true },
}

function formatOf(file: string): Format {
  const format = FORMATS[extname(file).toLowerCase()]
  if (format) return format
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `a segmentation is written as ${Object.keys(FORMATS).join(', ')}, got ${basename(file)}. ` +
      'Give the file one of these extensions.',
  )
}

/** The style named by the word before the extension, if any. */
function styleOf(file: string): SegmentationStyle {
  const word = extname(basename(file, extname(file)))
    .slice(1)
    .toLowerCase()
  return STYLES.find((style) => style === word) ?? 'overlay'
}

function checkStyle(style: unknown): SegmentationStyle {
  const known = STYLES.find((name) => name === style)
  if (known) return known
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `style must be one of ${STYLES.join(', ')}, got ${JSON.stringify(style)}.`,
  )
}
