/** `stego segment` */
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { z } from 'zod'
import { FLAG_WORDING, type Given } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import { segmentSchema } from '../options/segment.js'
import type { Segmentation } from '../output/segmentation.js'
import type { Stego } from '../stego.js'
import type { Command, Surroundings } from './command.js'
import { jsonOption } from './json.js'

const { probabilities: _, signal: __, ...flags } = segmentSchema.shape
const schema = z.strictObject({
  out: option(path().prefault('segmented'), {
    group: 'Common',
    value: 'folder',
    expected: 'a folder',
    doc: 'Where the results go, as <image name>.<style>.png; files of these names are replaced.',
  }),
  style: option(z.enum(['overlay', 'palette', 'index']).default('overlay'), {
    group: 'Common',
    doc:
      'overlay: colours over the image; palette: class indices that viewers show in colour; index: class indices ' +
      'as grey levels.',
  }),
  ...flags,
  json: jsonOption('Print one object an image on stdout: its file, size and the share of each class.'),
})

export const segmentCommand: Command = {
  name: 'segment',
  purpose: 'Segments images with a trained model and writes a picture for each.',
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
      doc: 'Colours over every image of a folder.',
    },
    {
      line: 'stego segment runs/photos street.jpg --style index --out labels',
      doc: 'Class indices of one image, for programs.',
    },
  ],
  interruptible: true,
  run: segment,
}

async function segment(given: Given, { terminal, signal, api }: Surroundings): Promise<void> {
  const { json, out, style, ...options } = parseOptions(schema, given.values, 'stego segment', FLAG_WORDING)
  const [source, ...images] = given.words as [string, ...string[]]
  const stego = await api.stego()
  await using model = await stego.load(source)
  const taken = new Set<string>()
  for (const image of images) {
    for await (const segmentation of segmentations(model, image, { ...options, signal })) {
      const file = join(out, freeName(segmentation.source ?? image, style, taken))
      await segmentation.toFile(file, { style })
      terminal.print(json ? JSON.stringify(record(segmentation, file)) : file)
    }
  }
}

async function* segmentations(
  model: Stego,
  image: string,
  options: Parameters<Stego['segment']>[1],
): AsyncIterable<Segmentation> {
  const folder = await stat(image).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (folder) yield* model.segmentAll(image, options)
  else yield await model.segment(image, options)
}

/** A file name of its own for each image, also where images of several folders are called the same. */
function freeName(source: string, style: string, taken: Set<string>): string {
  const stem = basename(source, extname(source))
  for (let number = 1; ; number++) {
    const name = `${number === 1 ? stem : `${stem}-${number}`}.${style}.png`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

function record(segmentation: Segmentation, file: string) {
  const { source, width, height, head, classNames } = segmentation
  return { image: source, file, width, height, labels: head, areas: segmentation.areas(), classNames }
}
