/** `stego inspect` and `stego convert` */
import { z } from 'zod'
import { modelRows } from '../model/rows.js'
import { formatBytes } from '../options/bytes.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option } from '../options/schema.js'
import { count, significant } from '../output/words.js'
import type { Api, Command, CommandContext } from './command.js'

const inspectSchema = z.strictObject({
  tensors: option(z.boolean().optional(), {
    group: 'Output',
    doc: 'List every tensor with its type and shape.',
  }),
  json: jsonOption('Print everything, including tensors, as one JSON object.'),
})

export const inspectCommand: Command = {
  usage: ['inspect <file, folder or run> [--tensors] [--json]'],
  schema: inspectSchema,
  words: { min: 1, max: 1, what: 'a weight file or a run folder' },
  examples: [
    { line: 'stego inspect runs/photos', doc: 'The model in a run and how it was trained.' },
    { line: 'stego inspect dino_vits8.safetensors --tensors', doc: 'All tensors in a backbone.' },
  ],
  interruptible: false,
  showsProgress: false,
  run: inspect,
}

type Inspection = Awaited<ReturnType<Api['inspectWeights']>>

async function inspect(given: Given, { terminal, api }: CommandContext): Promise<void> {
  const { json, tensors } = parseOptions(inspectSchema, given.values, 'stego inspect', FLAG_WORDING)
  const inspection = await api.inspectWeights(given.words[0]!)
  terminal.print(json ? JSON.stringify(inspection) : describe(inspection, tensors ?? false))
}

const KINDS = {
  model: 'a model, for segment and evaluate',
  backbone: 'a backbone, for train --backbone',
  other: 'not a model or backbone that stego can read',
}

function describe(inspection: Inspection, list: boolean): string {
  const { path, bytes, kind, model, assumed, backbone, metadata, tensors, problem } = inspection
  const values = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1),
    0,
  )
  const rows: [string, string][] = [
    ['file', `${path}, ${formatBytes(bytes)}`],
    ['kind', KINDS[kind]],
    ...(problem === null ? [] : [['problem', problem] as [string, string]]),
    ...(backbone ? backboneRows(backbone) : []),
    ...(model ? modelRows(model, assumed) : otherMetadata(metadata)),
    ['tensors', `${tensors.length}, ${(values / 1e6).toFixed(2)} M values`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return [
    ...rows.map(([name, text]) => name.padEnd(width) + text),
    ...(list ? ['', ...tensorLines(tensors)] : []),
  ].join('\n')
}

const HEAD_SOURCES = {
  metadata: 'from the metadata of the file',
  'config.json': 'from config.json',
  checkpoint: 'from the training arguments in the file',
  width: 'assumed, one per 64 channels: nothing says it',
}

function backboneRows(backbone: NonNullable<Inspection['backbone']>): [string, string][] {
  const { dim, depth, patch, grid, heads, headsFrom, normalization } = backbone
  const { mean, std, range } = normalization
  const side = grid * patch
  return [
    ['backbone', `${dim} wide, ${count(depth, 'block')}, patch ${patch}, positions for ${side} x ${side}`],
    ['heads', `${heads}, ${HEAD_SOURCES[headsFrom]}`],
    ['pixels', `0 to ${significant(range)}, mean ${numbers(mean)}, std ${numbers(std)}`],
  ]
}

const numbers = (values: number[]) => values.map(significant).join(' ')

/** Metadata without what other rows say. */
const otherMetadata = (metadata: Record<string, string>) =>
  Object.entries(metadata).filter(([key]) => key !== 'heads')

function tensorLines(tensors: Inspection['tensors']): string[] {
  const name = Math.max(...tensors.map((tensor) => tensor.name.length)) + 2
  const type = Math.max(...tensors.map((tensor) => tensor.dtype.length)) + 2
  return tensors.map(
    (tensor) => `${tensor.name.padEnd(name)}${tensor.dtype.padEnd(type)}[${tensor.shape.join(', ')}]`,
  )
}

const convertSchema = z.strictObject({
  heads: option(z.int().min(1).optional(), {
    group: 'Common',
    whenAbsent: 'what config.json or the file says',
    doc: 'Attention heads of a backbone, which its tensors do not show. Stored in the output.',
  }),
  json: jsonOption('Print a summary as one JSON object.'),
})

export const convertCommand: Command = {
  usage: ['convert <file or run> <file> [--heads <n>] [--json]'],
  schema: convertSchema,
  words: { min: 2, max: 2, what: 'a weight file or a run folder, then the output file' },
  examples: [
    {
      line: 'stego convert cocostuff27_vit_base_5.ckpt cocostuff.safetensors',
      doc: 'Convert an official checkpoint.',
    },
    {
      line: 'stego convert runs/photos photos.safetensors',
      doc: 'Save a run as one file, readable in Python with safetensors.torch.load_file.',
    },
    {
      line: 'stego convert dino_vits8.pth dino_vits8.safetensors',
      doc: 'Convert a backbone for train --backbone.',
    },
  ],
  interruptible: false,
  showsProgress: false,
  run: convert,
}

async function convert(given: Given, { terminal }: CommandContext): Promise<void> {
  const { json, heads } = parseOptions(convertSchema, given.values, 'stego convert', FLAG_WORDING)
  const [from, to] = given.words as [string, string]
  const { convertWeights } = await import('../weights/convert.js')
  const conversion = await convertWeights(from, to, { heads })
  const { kind, layout, tensors } = conversion
  const names = layout === 'stego' ? '' : `, converted from ${layout} names`
  terminal.print(
    json ? JSON.stringify(conversion) : `${to}: ${kind} with ${count(tensors, 'tensor')}${names}`,
  )
}
