/** `stego evaluate` */
import { z } from 'zod'
import type { Evaluation } from '../evaluation/evaluation.js'
import { formatEvaluation, formatSummary } from '../evaluation/format.js'
import { evaluateSchema } from '../evaluation/options.js'
import { requireSameClasses, summarize } from '../evaluation/summary.js'
import { loadSchema } from '../model/options.js'
import type { Device, DeviceChoice } from '../native/index.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import type { Api, Command, CommandContext } from './command.js'

const { signal: _, ...flags } = evaluateSchema.shape
const schema = z.strictObject({
  ...flags,
  dtype: loadSchema.shape.dtype,
  device: loadSchema.shape.device,
  json: jsonOption(
    'Print the scores in percent as one JSON object, with null where there is nothing to score; for several models, ' +
      '{ checkpoints, mean, spread, device }.',
  ),
})

export const evaluateCommand: Command = {
  usage: ['evaluate <run or checkpoint>... --data <folder> [--split <name>] [flags]'],
  schema,
  words: { min: 1, max: Number.POSITIVE_INFINITY, what: 'a run folder or a checkpoint' },
  examples: [
    { line: 'stego evaluate runs/photos --data ./photos', doc: 'Score the "val" split.' },
    {
      line: 'stego evaluate runs/photos --data ./photos --split test --json',
      doc: 'Score another split and print JSON.',
    },
    {
      line: 'stego evaluate runs/a runs/b runs/c --data ./photos',
      doc: 'Score several runs, with mean and standard deviation.',
    },
  ],
  interruptible: true,
  showsProgress: true,
  run: evaluate,
}

async function evaluate(given: Given, { terminal, signal, api }: CommandContext): Promise<void> {
  const { json, dtype, device, ...options } = parseOptions(
    schema,
    given.values,
    'stego evaluate',
    FLAG_WORDING,
  )
  const stego = await api.stego()
  const { words: sources } = given
  const several = sources.length > 1
  if (several) await checkModels(stego, sources, { device, signal })
  const evaluations: Evaluation[] = []
  let used: Device | undefined
  for (const source of sources) {
    terminal.note(`scoring split ${options.split} of ${options.data}${several ? ` with ${source}` : ''}`)
    await using model = await stego.load(source, { dtype, device, signal })
    const evaluation = await model.evaluate({ ...options, signal })
    evaluations.push(evaluation)
    used = model.device
    const text = formatEvaluation(evaluation)
    if (!json) terminal.print(several ? `${source}\n${text}\n\n` : text)
  }
  if (json) {
    const found = several ? summaryRecord(sources, evaluations) : evaluations[0]
    terminal.print(JSON.stringify({ ...found, device: used }))
  } else if (several) terminal.print(formatSummary(summarize(evaluations), evaluations[0]!.classNames))
}

/** Opens every model before scoring the first, so a bad one fails early. */
async function checkModels(
  stego: Awaited<ReturnType<Api['stego']>>,
  sources: string[],
  options: { device?: DeviceChoice; signal: AbortSignal },
): Promise<void> {
  const models = []
  for (const source of sources) {
    options.signal.throwIfAborted()
    await using model = await stego.load(source, options)
    models.push({ name: source, classes: model.info.classes })
  }
  requireSameClasses(models)
}

function summaryRecord(sources: string[], evaluations: Evaluation[]) {
  const { mean, spread } = summarize(evaluations)
  return {
    checkpoints: evaluations.map((evaluation, i) => ({ checkpoint: sources[i], ...evaluation })),
    mean,
    spread,
  }
}
