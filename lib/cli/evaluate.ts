/** `stego evaluate` */
import { z } from 'zod'
import { formatEvaluation } from '../evaluation/scores.js'
import { evaluateSchema } from '../options/evaluate.js'
import { FLAG_WORDING, type Given } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import type { Command, Surroundings } from './command.js'
import { jsonOption } from './json.js'

const { signal: _, ...flags } = evaluateSchema.shape
const schema = z.strictObject({
  ...flags,
  json: jsonOption('Print the scores in percent as one JSON object; null where there is nothing to score.'),
})

export const evaluateCommand: Command = {
  name: 'evaluate',
  purpose:
    'Scores a model against the labels of a folder, beside what its backbone reaches without training.',
  usage: ['evaluate <run or checkpoint> --data <folder> [--split <name>] [flags]'],
  schema,
  words: { min: 1, max: 1, what: 'a run folder or a checkpoint' },
  examples: [
    { line: 'stego evaluate runs/photos --data ./photos', doc: 'Scores of the split "val".' },
    {
      line: 'stego evaluate runs/photos --data ./photos --split test --json',
      doc: 'The same of another split, for scripts.',
    },
  ],
  interruptible: true,
  run: evaluate,
}

async function evaluate(given: Given, { terminal, signal, api }: Surroundings): Promise<void> {
  const { json, ...options } = parseOptions(schema, given.values, 'stego evaluate', FLAG_WORDING)
  const stego = await api.stego()
  await using model = await stego.load(given.words[0]!)
  terminal.note(`scoring split ${options.split} of ${options.data}`)
  const evaluation = await model.evaluate({ ...options, signal })
  terminal.print(json ? JSON.stringify(evaluation) : formatEvaluation(evaluation))
}
