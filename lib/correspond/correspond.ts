/**
 * Finds the positions that correspond to a point of an image, in the image itself and in another
 * (plot_dino_correspondence.py; docs/method-constants.md#correspondence-figures).
 */
import { basename, extname, resolve } from 'node:path'
import { orAborted } from '../abort.js'
import { StegoError } from '../errors.js'
import { decodeImage } from '../images/decode.js'
import { type ImageInput, pathOfImage } from '../images/input.js'
import { createTransform, MAX_PATCHES } from '../images/transform.js'
import {
  checked,
  type Device,
  type HeatMaps,
  job,
  type NativeBackbone,
  type NativeNetwork,
  type Pixels,
  type Tensor,
  useDevice,
} from '../native/index.js'
import { parseOptions } from '../options/parse.js'
import { pathOf } from '../options/path.js'
import { DISPLAY, type Display, displayPng } from '../output/notebook.js'
import { count } from '../output/words.js'
import { placeAtOnce } from '../position/position.js'
import { loadBackbone } from '../weights/backbones.js'
import { writeWhole } from '../write-whole.js'
import { drawCorrespondences } from './figure.js'
import {
  type CorrespondFeaturesOptions,
  checkPoints,
  correspondFeaturesSchema,
  type Point,
  type ResolvedCorrespondFeaturesOptions,
  type ResolvedCorrespondOptions,
} from './options.js'

/** The position in an image that best matches a point. */
export interface Match {
  /** Position as [x, y] from -1 to 1. */
  at: Point
  /** Heat at that position. */
  heat: number
}

interface CorrespondenceFields {
  image: Pixels
  other: Pixels | null
  maps: HeatMaps
  at: readonly Point[]
  on: ResolvedCorrespondOptions['on']
  subtractMean: boolean
  source: string | null
  otherSource: string | null
  device: Device
}

/**
 * Heat maps that show where an image corresponds to given points: a tensor over the other image, or over the
 * image itself if there is no other. Heat is the cosine minus its mean over the image, clamped at 0; with
 * `subtractMean: false`, the cosine.
 */
export class Correspondence implements Tensor {
  /** Heat, row-major, [points, height, width] of the searched image. */
  readonly data: Float32Array
  /** [points, height, width]. */
  readonly shape: number[]
  /** Heat over the image with the points; the same values if there is no other image. */
  readonly self: Tensor
  /** The image with the points. */
  readonly image: Pixels
  /** The other image; null if the image was compared only with itself. */
  readonly other: Pixels | null
  /** The given points. */
  readonly at: readonly Point[]
  /** What was compared. */
  readonly on: ResolvedCorrespondOptions['on']
  /** Whether heat is the cosine itself. */
  readonly subtractMean: boolean
  /** Name or path of the image, if it has one. */
  readonly source: string | null
  /** Name or path of the other image, if it has one. */
  readonly otherSource: string | null
  /** Where it was computed: `cpu`, or `cuda:0` and so on. */
  readonly device: Device

  constructor(fields: CorrespondenceFields) {
    const { image, other, maps, at, on, subtractMean, source, otherSource, device } = fields
    const { data, shape } = maps.other ?? maps.self
    this.data = data
    this.shape = shape
    this.self = maps.self
    this.image = image
    this.other = other
    this.at = at
    this.on = on
    this.subtractMean = subtractMean
    this.source = source
    this.otherSource = otherSource
    this.device = device
  }

  /** For each point, the hottest position in the searched image. */
  matches(): Match[] {
    const [points, height, width] = this.shape as [number, number, number]
    const place = (index: number, size: number) => (size === 1 ? 0 : (2 * index) / (size - 1) - 1)
    return Array.from({ length: points }, (_, point): Match => {
      const heat = this.data.subarray(point * height * width, (point + 1) * height * width)
      const best = heat.reduce((found, value, pixel) => (value > heat[found]! ? pixel : found), 0)
      return {
        at: [place(best % width, width), place(Math.floor(best / width), height)],
        heat: heat[best]!,
      }
    })
  }

  /** Displays the figure in notebooks. */
  async [DISPLAY](): Promise<Display> {
    const [points] = this.shape
    const names = [this.source, this.otherSource].filter((name) => name !== null)
    return displayPng(await this.toPng(), `${names.join(' and ') || 'an image'}, ${count(points!, 'point')}`)
  }

  /**
   * Draws the image with its points, its own heat and the other image's heat as PNG: gray images with a color
   * ramp for each point, from 0 to the point's greatest heat in that image.
   */
  toPng(): Promise<Buffer> {
    const { image, other, self, at, on, subtractMean, source, otherSource } = this
    const names = [source, otherSource].flatMap((name) => (name === null ? [] : [basename(name)]))
    const what = subtractMean ? `cosine of ${on}, less its mean over the picture` : `cosine of ${on}`
    return drawCorrespondences({
      image,
      at,
      self,
      other: other && { image: other, heat: { data: this.data, shape: this.shape } },
      caption: [...names, what].join('  ·  '),
    })
  }

  /**
   * Writes the figure atomically, creating folders if needed.
   * Rejects with `ERR_STEGO_OPTION` if `path` is not a path or does not end in .png, `ERR_STEGO_FILE` if
   * writing fails.
   */
  async toFile(path: string | URL): Promise<void> {
    const file = resolve(pathOf(path))
    if (extname(file).toLowerCase() !== '.png') {
      throw new StegoError(
        'ERR_STEGO_OPTION',
        `the figure must be a PNG file, got ${basename(file)}. Use the extension .png.`,
      )
    }
    await writeWhole(file, await this.toPng())
  }
}

/**
 * Compares points of `image` with all of it, and with all of `other` unless that is null or the same. Images
 * can have any size: the shorter side is scaled to `resolution` and nothing is cropped. All options but `at`
 * are already checked.
 */
export async function correspondWith(
  maps: ({ on: 'features'; source: NativeBackbone } | { on: 'codes'; source: NativeNetwork }) & {
    device: Device
  },
  image: ImageInput,
  other: ImageInput | null,
  options: ResolvedCorrespondFeaturesOptions,
  context: string,
): Promise<Correspondence> {
  const { at, resolution, subtractMean, signal } = options
  checkPoints(at, context)
  const { on, source, device } = maps
  const { patch } = checked(() => (on === 'codes' ? source.backbone.info : source.info))
  const transform = { ...createTransform(resolution, 'whole', patch), maxPatches: MAX_PATCHES }
  const pixels = await orAborted(decodeImage(image), signal)
  const otherPixels = other === null || other === image ? null : await orAborted(decodeImage(other), signal)
  const points = { data: Float32Array.from(at.flat()), shape: [at.length, 2] }
  const found = await job(
    (_, cancel) => source.correspond(pixels, otherPixels, points, { transform, subtractMean }, cancel),
    signal,
  )
  return new Correspondence({
    image: pixels,
    other: otherPixels,
    maps: found,
    at: at.map(([x, y]) => [x, y]),
    on,
    subtractMean,
    source: nameOf(image),
    otherSource: otherPixels && nameOf(other!),
    device,
  })
}

/**
 * Finds what corresponds to points of an image by the features of a plain backbone, without a trained model.
 * @param backbone a name or a file, as `Stego.train` takes it
 * @param other another image, or null to search only the first
 *
 * Rejects with `ERR_STEGO_BACKBONE`, `ERR_STEGO_IMAGE` or `ERR_STEGO_DATA_MISSING` for an image,
 * `ERR_STEGO_OPTION` if points are outside -1 to 1, `ERR_STEGO_SIZE` for the resolution, `ERR_STEGO_DEVICE`.
 */
export async function correspondFeatures(
  backbone: string,
  image: ImageInput,
  other: ImageInput | null = null,
  options?: CorrespondFeaturesOptions,
): Promise<Correspondence> {
  const context = 'correspondFeatures()'
  const { dtype, device, position, ...parsed } = parseOptions(correspondFeaturesSchema, options, context)
  const { signal, resolution } = parsed
  const inUse = useDevice(device)
  const loaded = await loadBackbone(backbone, { dtype, device: inUse.device, signal })
  // Position is measured on these images alone if the backbone's map is not known.
  const images = other === null ? [image] : [image, other]
  const pictures = { count: images.length, read: (index: number) => decodeImage(images[index]!) }
  const source = await placeAtOnce(position, loaded, pictures, {
    transform: createTransform(resolution, 'center', loaded.info.patch),
    source: { backbone, features: { kind: 'feat', layer: 1 }, dtype },
    signal: signal ?? undefined,
  })
  return correspondWith({ on: 'features', source, device: inUse.device }, image, other, parsed, context)
}

function nameOf(input: ImageInput): string | null {
  return pathOfImage(input)
}
