/** `stego correspond` */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { Correspondence } from '../correspond/correspond.js'
import { correspondSchema, isPoint, OFFICIAL_POINTS, type Point } from '../correspond/options.js'
import { StegoError } from '../errors.js'
import { POSITION_CHOICES } from '../method/backbone-options.js'
import { loadSchema } from '../model/options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import type { Api, Command, CommandContext } from './command.js'

const schema = z.strictObject({
  at: option(z.array(z.string()).optional(), {
    group: 'Common',
    value: 'x,y',
    repeats: true,
    expected: 'a point such as 0.5,-0.2',
    whenAbsent: OFFICIAL_POINTS.map((point) => point.join(',')).join(' '),
    doc:
      'Query point, x to the right and y down, each from -1 to 1; 0,0 is the center. Repeat the flag for more ' +
      'points.',
  }),
  on: correspondSchema.shape.on,
  resolution: correspondSchema.shape.resolution,
  dtype: loadSchema.shape.dtype,
  device: loadSchema.shape.device,
  position: option(z.enum(POSITION_CHOICES).optional(), {
    group: 'Common',
    whenAbsent: 'keep; trained models use their own setting',
    doc: 'For a plain backbone: keep or remove the part of its features that encodes patch position.',
  }),
  out: option(path().prefault('correspondence.png'), {
    group: 'Common',
    value: 'file.png',
    expected: 'a file',
    doc: 'Output file; an existing file is overwritten.',
  }),
  json: jsonOption('Print one JSON object: the figure file and the best match for each point.'),
})

type Flags = z.output<typeof schema>

export const correspondCommand: Command = {
  usage: ['correspond <run, checkpoint or backbone> <image> [other image] [--at x,y]... [flags]'],
  schema,
  words: {
    min: 2,
    max: 3,
    what: 'a run folder, checkpoint or backbone, then one or two images',
  },
  examples: [
    {
      line: 'stego correspond runs/photos a.jpg b.jpg --at -0.1,0 --at .5,.8 --on codes --out figure.png',
      doc: 'Match two points of a.jpg in a.jpg and b.jpg, using trained codes.',
    },
    {
      line: 'stego correspond starter street.jpg',
      doc: "Use a plain backbone's features, without training.",
    },
  ],
  interruptible: true,
  showsProgress: false,
  run: correspond,
}

async function correspond(given: Given, { terminal, signal, api }: CommandContext): Promise<void> {
  const flags = parseOptions(schema, given.values, 'stego correspond', FLAG_WORDING)
  const [source, image, other = null] = given.words as [string, string, string?]
  const at = flags.at?.map(readPoint)
  const correspondence = await compute(api, source, image, other, { ...flags, at, signal })
  await correspondence.toFile(flags.out)
  terminal.print(flags.json ? JSON.stringify(record(correspondence, flags.out)) : flags.out)
}

/** Parses a point such as `0.5,-0.2`. */
function readPoint(text: string): Point {
  const point = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (isPoint(point)) return point
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `stego correspond: --at must be x,y with both from -1 to 1, got "${text}". 0,0 is the center.`,
  )
}

async function compute(
  api: Api,
  source: string,
  image: string,
  other: string | null,
  {
    at,
    on,
    resolution,
    dtype,
    device,
    position,
    signal,
  }: Omit<Flags, 'at'> & { at: Point[] | undefined; signal: AbortSignal },
): Promise<Correspondence> {
  if (await isBackbone(api, source)) {
    if (on === 'codes') {
      throw new StegoError(
        'ERR_STEGO_OPTION',
        `stego correspond: --on codes needs a trained model, and ${source} is a plain backbone. ` +
          'Pass a run or a checkpoint, or use --on features.',
      )
    }
    return api.correspondFeatures(source, image, other, { at, resolution, dtype, device, position, signal })
  }
  if (position !== undefined) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `stego correspond: --position is for plain backbones, and ${source} is a trained model with its own setting. ` +
        'Omit the flag.',
    )
  }
  const stego = await api.stego()
  await using model = await stego.load(source, { dtype, device, signal })
  return await model.correspond(image, other, { at, on, resolution, signal })
}

/** Whether `source` is a backbone file, or a name that matches no existing path. */
async function isBackbone(api: Api, source: string): Promise<boolean> {
  if (!existsSync(source)) return /^[\w-]+$/.test(source)
  return (await api.inspectWeights(source)).kind === 'backbone'
}

function record(correspondence: Correspondence, file: string) {
  const { source, otherSource, on, at, device } = correspondence
  const matches = correspondence.matches()
  const points = at.map((point, i) => ({ at: point, match: matches[i]!.at, heat: matches[i]!.heat }))
  return { image: source, other: otherSource, on, device, file, points }
}
