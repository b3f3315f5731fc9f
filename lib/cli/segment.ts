/** `stego segment` */
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { onBadImageOption, recursiveOption } from '../datasets/options.js'
import type { BadImage } from '../datasets/unused.js'
import { StegoError } from '../errors.js'
import { isBadImage } from '../images/bad-image.js'
import { loadSchema, segmentSchema } from '../model/options.js'
import type { LabelMap, Pixels } from '../native/index.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import type { Segmentation } from '../output/segmentation.js'
import type { Grid } from '../output/stitch.js'
import type { Stego } from '../stego.js'
import type { Command, CommandContext } from './command.js'
import { ReportedFailure } from './failure.js'
import { Areas } from './segment-areas.js'
import { isFolder, planSegments, tilesOf } from './segment-files.js'
import { FORMATS, placeOf } from './segment-place.js'

const { probabilities: _, signal: __, ...flags } = segmentSchema.shape
const schema = z.strictObject({
  out: option(path().prefault('segmented'), {
    group: 'Common',
    value: 'folder|file',
    expected: 'a folder, or a file for one image',
    doc:
      'Output folder for <image name>.<style>.png, with the subfolders of the images; earlier outputs are overwritten, ' +
      'images never. A name such as street.png is the file itself, for exactly one image.',
  }),
  style: option(z.enum(['overlay', 'palette', 'index']).default('overlay'), {
    group: 'Common',
    doc:
      'overlay: colors over the image; palette: PNG of class indices with a color palette; index: class indices as ' +
      'gray levels.',
  }),
  format: option(z.enum(FORMATS).optional(), {
    group: 'Common',
    whenAbsent: 'png, or by the name of --out',
    doc: 'Format of overlays; other styles are always PNG.',
  }),
  legend: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Add a strip below overlays with the color, number, name and share of each cluster.',
  }),
  areas: option(path().optional(), {
    group: 'Output',
    value: 'file',
    expected: 'a CSV file',
    doc: 'Write a CSV file with one row per image and cluster: image, cluster, name, pixels, share.',
  }),
  stitch: option(
    z
      .string()
      .regex(/^[1-9]\d*x[1-9]\d*$/)
      .transform(readGrid)
      .optional(),
    {
      group: 'Common',
      value: 'rows x columns',
      expected: 'rows and columns of the grid, such as 15x15',
      doc:
        'Treat the images as tiles of one picture, row by row in name order (2 before 10), and write the stitched ' +
        'result to stitched.<style>.png.',
    },
  ),
  recursive: recursiveOption,
  onBadImage: onBadImageOption(
    'skip',
    'skip goes on after an image that cannot be read, names it at the end and exits with 1; fail ends there.',
  ),
  ...flags,
  dtype: loadSchema.shape.dtype,
  device: loadSchema.shape.device,
  json: jsonOption('Print one JSON object per image: its file, size and the area of each class.'),
})

export const segmentCommand: Command = {
  usage: ['segment <run or checkpoint> <image or folder>... [--out <folder or file>] [flags]'],
  schema,
  words: {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    what: 'a run folder or a checkpoint, then images or folders',
  },
  examples: [
    {
      line: 'stego segment runs/photos ./photos --out segmented',
      doc: 'Overlay colors on every image in a folder.',
    },
    {
      line: 'stego segment runs/photos street.jpg --style index --out labels',
      doc: 'Class indices of one image, for further processing.',
    },
    {
      line: 'stego segment runs/photos ./photos --format webp --areas areas.csv',
      doc: 'Smaller pictures, and a table of how much of each image every cluster covers.',
    },
    {
      line: 'stego segment runs/potsdam patches/6_*.png --stitch 15x15',
      doc: 'Stitch an aerial image back together from its patches.',
    },
  ],
  interruptible: true,
  showsProgress: true,
  run: segment,
}

type SegmentOptions = Parameters<Stego['segment']>[1]

async function segment({ words, values }: Given, context: CommandContext): Promise<void> {
  const { terminal, signal, api } = context
  const {
    json,
    out,
    style,
    format,
    legend,
    areas: table,
    stitch,
    dtype,
    device,
    recursive,
    onBadImage,
    ...options
  } = parseOptions(schema, values, 'stego segment', FLAG_WORDING)
  const [source, ...images] = words as [string, ...string[]]
  const place = placeOf({ out, style, format }, stitch ? null : await several(images))
  const { list, notes, isInside } = await planSegments(images, place, recursive)
  const tiles = stitch && tilesOf(list, stitch)
  for (const note of notes) terminal.note(note)
  const areas = new Areas()
  const stego = await api.stego()
  await using model = await stego.load(source, { dtype, device, signal })
  for (const note of model.info.notes) terminal.note(`note: ${note}`)
  const input = { ...options, signal }
  const write = async (name: string, file: string, segmentation: Segmentation, more = {}) => {
    for (const note of segmentation.notes) {
      if (!model.info.notes.includes(note)) terminal.note(`note: ${note}`)
    }
    await segmentation.toFile(file, { style, legend })
    areas.add(name, segmentation)
    terminal.print(
      json ? JSON.stringify({ ...record(segmentation, file), device: model.device, ...more }) : file,
    )
  }
  const failed: BadImage[] = []
  if (tiles) {
    const file = place.file ?? join(out, `stitched${place.ending}`)
    if (isInside) await markOutputs([file])
    await write('stitched', file, await segmentTiles(model, tiles, stitch, input), { tiles })
  } else {
    if (isInside) await markOutputs(list.map(({ file }) => file))
    for (const { image, file } of list) {
      const segmentation = await model.segment(await given(image), input).catch((error: unknown) => {
        if (list.length === 1 || onBadImage === 'fail' || !isBadImage(error)) throw error
        return error
      })
      if (!(segmentation instanceof StegoError)) {
        await write(image, file, segmentation)
        continue
      }
      const { code, message } = segmentation
      failed.push({ image, reason: message })
      if (json) terminal.print(JSON.stringify({ image, error: { code, message } }))
    }
  }
  if (table !== undefined) await areas.write(table)
  if (!json) terminal.note(areas.summary())
  if (failed.length > 0) throw reported(failed, list.length)
}

/** The bytes on stdin for `-`; any other word is a path. */
async function given(word: string): Promise<string | Buffer> {
  return word === '-' ? buffer(process.stdin) : word
}

/** Says which images failed. */
function reported(failed: BadImage[], all: number): ReportedFailure {
  const reasons = failed.map(({ reason }) => `\n  ${reason}`)
  return new ReportedFailure(`${failed.length} of ${all} images could not be segmented:${reasons.join('')}`)
}

async function markOutputs(files: string[]): Promise<void> {
  const { listAsOutputs } = await import('../datasets/outputs.js')
  await listAsOutputs(files)
}

/** Why these images may give several pictures; null if they give one. */
async function several(images: string[]): Promise<string | null> {
  if (images.length > 1) return `${images.length} images`
  return (await isFolder(images[0]!)) ? `${images[0]} is a folder` : null
}

function readGrid(text: string): Grid {
  const [rows, columns] = text.split('x').map(Number) as [number, number]
  return { rows, columns }
}

/** Segments tiles one by one and stitches images and labels together. */
async function segmentTiles(
  model: Stego,
  tiles: string[],
  grid: Grid,
  options: SegmentOptions,
): Promise<Segmentation> {
  const { decodeImage } = await import('../images/decode.js')
  const { Segmentation } = await import('../output/segmentation.js')
  const { stitch } = await import('../output/stitch.js')
  const pictures: Pixels[] = []
  const maps: LabelMap[] = []
  let last: Segmentation | undefined
  for (const tile of tiles) {
    const picture = await decodeImage(tile)
    last = await model.segment({ ...picture, channels: 3 }, options)
    pictures.push(picture)
    maps.push({ data: last.labels, width: last.width, height: last.height })
  }
  const { classes, classNames, head } = last!
  const image = stitch(pictures, grid)
  return new Segmentation({ image, labels: stitch(maps, grid).data, classes, classNames, head })
}

function record(segmentation: Segmentation, file: string) {
  const { source, width, height, head, classNames } = segmentation
  return { image: source, file, width, height, labels: head, areas: segmentation.areas(), classNames }
}
