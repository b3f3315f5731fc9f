/** `stego segment` */
import { join } from 'node:path'
import { z } from 'zod'
import { onBadImageOption, recursiveOption } from '../datasets/options.js'
import type { BadImage } from '../datasets/unused.js'
import { isBadImage, StegoError } from '../errors.js'
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
import { listTiles, planSegments, type Task } from './segment-files.js'

const { probabilities: _, signal: __, ...flags } = segmentSchema.shape
const schema = z.strictObject({
  out: option(path().prefault('segmented'), {
    group: 'Common',
    value: 'folder',
    expected: 'a folder',
    doc: 'Output folder for <image name>.<style>.png, with the subfolders of the images; earlier outputs are overwritten, images never.',
  }),
  style: option(z.enum(['overlay', 'palette', 'index']).default('overlay'), {
    group: 'Common',
    doc:
      'overlay: colors over the image; palette: PNG of class indices with a color palette; index: class indices as ' +
      'gray levels.',
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
  json: jsonOption('Print one JSON object per image: its file, size and the area of each class.'),
})

export const segmentCommand: Command = {
  usage: ['segment <run or checkpoint> <image or folder>... [--out <folder>] [flags]'],
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
      line: 'stego segment runs/potsdam patches/6_*.png --stitch 15x15',
      doc: 'Stitch an aerial image back together from its patches.',
    },
  ],
  interruptible: true,
  run: segment,
}

type SegmentOptions = Parameters<Stego['segment']>[1]

async function segment(given: Given, context: CommandContext): Promise<void> {
  const { terminal, signal, api } = context
  const { json, out, style, stitch, dtype, recursive, onBadImage, ...options } = parseOptions(
    schema,
    given.values,
    'stego segment',
    FLAG_WORDING,
  )
  const [source, ...images] = given.words as [string, ...string[]]
  const tiles = stitch && (await listTiles(images, stitch, recursive))
  const tasks = tiles ? null : await planSegments(images, out, `.${style}.png`, recursive)
  for (const note of tasks?.notes ?? []) terminal.note(note)
  const stego = await api.stego()
  await using model = await stego.load(source, { dtype, signal })
  for (const note of model.info.notes) terminal.note(`note: ${note}`)
  const input = { ...options, signal }
  if (tiles) {
    const segmentation = await segmentTiles(model, tiles, stitch, input)
    const file = join(out, `stitched.${style}.png`)
    await segmentation.toFile(file, { style })
    terminal.print(json ? JSON.stringify({ ...record(segmentation, file), tiles }) : file)
    return
  }
  const { list, isInside } = tasks!
  if (isInside) await markOutputs(out, list)
  const failed: BadImage[] = []
  for (const { image, file: name } of list) {
    const file = join(out, name)
    const segmentation = await model.segment(image, input).catch((error: unknown) => {
      if (list.length === 1 || onBadImage === 'fail' || !isBadImage(error)) throw error
      return error
    })
    if (segmentation instanceof StegoError) {
      const { code, message } = segmentation
      failed.push({ image, reason: message })
      if (json) terminal.print(JSON.stringify({ image, error: { code, message } }))
      continue
    }
    for (const note of segmentation.notes) {
      if (!model.info.notes.includes(note)) terminal.note(`note: ${note}`)
    }
    await segmentation.toFile(file, { style })
    terminal.print(json ? JSON.stringify(record(segmentation, file)) : file)
  }
  if (failed.length === 0) return
  terminal.note(`${failed.length} of ${list.length} images could not be segmented:`)
  for (const { reason } of failed) terminal.note(`  ${reason}`)
  throw new ReportedFailure()
}

async function markOutputs(out: string, list: Task[]): Promise<void> {
  const { listAsOutputs } = await import('../datasets/outputs.js')
  await listAsOutputs(list.map(({ file }) => join(out, file)))
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
