/** `stego inspect` */
import { z } from 'zod'
import { formatBytes } from '../options/bytes.js'
import { FLAG_WORDING, type Given } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option } from '../options/schema.js'
import { modelRows } from '../output/model-rows.js'
import type { Api } from './api.js'
import type { Command, Surroundings } from './command.js'
import { jsonOption } from './json.js'

const schema = z.strictObject({
  tensors: option(z.boolean().optional(), {
    group: 'Output',
    doc: 'List every tensor with its type and shape.',
  }),
  json: jsonOption('Print everything, tensors included, as one JSON object.'),
})

export const inspectCommand: Command = {
  usage: ['inspect <file or run> [--tensors] [--json]'],
  schema,
  words: { min: 1, max: 1, what: 'a weight file or a run folder' },
  examples: [
    { line: 'stego inspect runs/photos', doc: 'The model of a run and how it was trained.' },
    { line: 'stego inspect dino_vits8.safetensors --tensors', doc: 'All tensors of a backbone.' },
  ],
  interruptible: false,
  run: inspect,
}

type Inspection = Awaited<ReturnType<Api['inspectWeights']>>

async function inspect(given: Given, { terminal, api }: Surroundings): Promise<void> {
  const { json, tensors } = parseOptions(schema, given.values, 'stego inspect', FLAG_WORDING)
  const inspection = await api.inspectWeights(given.words[0]!)
  terminal.print(json ? JSON.stringify(inspection) : describe(inspection, tensors ?? false))
}

const KINDS = {
  model: 'a model, for segment and evaluate',
  backbone: 'a backbone, for train --backbone',
  other: 'neither a model nor a backbone that stego reads',
}

function describe({ path, bytes, kind, model, metadata, tensors }: Inspection, list: boolean): string {
  const values = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1),
    0,
  )
  const rows: [string, string][] = [
    ['file', `${path}, ${formatBytes(bytes)}`],
    ['kind', KINDS[kind]],
    ...(model ? modelRows(model) : Object.entries(metadata)),
    ['tensors', `${tensors.length}, ${(values / 1e6).toFixed(2)} M values`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return [
    ...rows.map(([name, text]) => name.padEnd(width) + text),
    ...(list ? ['', ...tensorLines(tensors)] : []),
  ].join('\n')
}

function tensorLines(tensors: Inspection['tensors']): string[] {
  const name = Math.max(...tensors.map((tensor) => tensor.name.length)) + 2
  const type = Math.max(...tensors.map((tensor) => tensor.dtype.length)) + 2
  return tensors.map(
    (tensor) => `${tensor.name.padEnd(name)}${tensor.dtype.padEnd(type)}[${tensor.shape.join(', ')}]`,
  )
}
