/** `stego train` */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Evaluation } from '../evaluation/evaluation.js'
import { formatEvaluation } from '../evaluation/format.js'
import type { FeatureStoreProgress } from '../features/progress.js'
import { deviceOption } from '../method/backbone-options.js'
import { trainSchema } from '../method/train-options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import type { Wording } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import { shellWord } from '../output/words.js'
import { featureStoreReport } from '../progress/feature-store.js'
import { reporter } from '../progress/reporter.js'
import { openStatus } from '../progress/status.js'
import { parseTrain, resumeOption, type TrainRequest } from '../training/input.js'
import { freeRunFolder } from '../training/run-folder.js'
import { lastCheckpoint } from '../weights/model-file.js'
import type { Command, CommandContext } from './command.js'
import { hasOption, mergeOptions, readConfig } from './config.js'
import { Interrupted } from './interrupt.js'

const { data, out: _, ...others } = trainSchema.shape

type Options = Record<string, unknown>

export const trainCommand: Command = {
  usage: ['train --data <folder> [flags]', 'train --resume <run> [--steps <n>]'],
  schema: z.strictObject({
    data: data.optional(),
    ...others,
    device: deviceOption('Run'),
    out: option(path().optional(), {
      group: 'Common',
      value: 'folder',
      whenAbsent: 'runs/<data folder name>',
      doc: 'Run folder for the configuration, events, checkpoints and contact sheet.',
    }),
    resume: resumeOption,
    config: option(path().optional(), {
      group: 'Common',
      value: 'file',
      doc: "YAML file of options, such as a run's config.yaml; flags take precedence.",
    }),
    json: jsonOption('Print one JSON event per line on stdout.'),
  }),
  words: { min: 0, max: 0, what: 'flags only; pass the image folder with --data' },
  examples: [
    { line: 'stego train --data ./photos --classes 8', doc: 'Unlabeled photos, eight clusters.' },
    {
      line: 'stego train --data ./photos --steps 5000 --batch 16 --backbone dino_vits8.safetensors',
      doc: 'The official schedule with DINO weights.',
    },
    {
      line: 'stego train --data ./pytorch_data --preset cityscapes-vitb8 --steps 7000',
      doc: 'The published settings for a dataset, with one changed.',
    },
    {
      line: 'stego train --resume runs/photos --steps 1000',
      doc: 'Resume a run and train longer than planned.',
    },
  ],
  interruptible: true,
  showsProgress: true,
  run: train,
}

async function train({ values }: Given, context: CommandContext): Promise<void> {
  const { terminal, signal, cwd, api } = context
  const { json, config, ...typed } = values
  const file = typeof config === 'string' ? await readConfig(config) : {}
  const request = parseTrain(
    mergeOptions(file, typed),
    'stego train',
    wordingOf(config as string, file, typed),
  )
  const folder = request.resume ?? request.options.out ?? freeRunFolder(cwd, request.options.data)
  const stego = await api.stego()
  const stop = json ? AbortSignal.any([signal, terminal.closed]) : signal
  const status = openStatus(terminal.stderr)
  const onProgress = (progress: FeatureStoreProgress) => status.show(featureStoreReport(progress))
  const run = stego.train({ ...inputOf(request, folder, stop), onProgress })
  const report = reporter()
  const results: Results = { folder, checkpoint: null, contactSheet: null, evaluation: null }
  try {
    for await (const event of run) {
      if (json) terminal.print(JSON.stringify(event))
      if (event.type === 'start') terminal.note(`run folder: ${folder}`)
      status.show(report(event))
      if (event.type === 'checkpoint') results.checkpoint = event.path
      if (event.type === 'validation') results.evaluation = event.evaluation
      if (event.type === 'end') results.contactSheet = event.contactSheet
    }
    const model = await run
    model.dispose()
  } catch (error) {
    const asked = error instanceof Interrupted && error === stop.reason
    throw asked ? new Interrupted(error.code, resumeHint(cwd, folder)) : error
  } finally {
    status.stop()
  }
  const say = json ? terminal.note : terminal.print
  say(summary(results))
}

/** Names options in a configuration file by their keys, and others by their flags. */
function wordingOf(config: string, file: Options, typed: Options): Wording {
  const isKey = (path: string[]) => hasOption(file, path) && !hasOption(typed, path)
  const key = (path: string[]) => `"${path.join('.')}"`
  return {
    name: (path) => (isKey(path) ? `${key(path)} in ${config}` : FLAG_WORDING.name(path)),
    suggestion: (path, given) => (isKey(given) ? key(path) : FLAG_WORDING.name(path)),
    types: false,
  }
}

interface Results {
  folder: string
  checkpoint: string | null
  contactSheet: string | null
  evaluation: Evaluation | null
}

function inputOf(request: TrainRequest, folder: string, signal: AbortSignal) {
  const { device } = request
  return request.resume === null
    ? { ...request.options, out: folder, device, signal }
    : { ...request.changes, resume: request.resume, device, signal }
}

function resumeHint(cwd: string, folder: string): string {
  return existsSync(resolve(cwd, lastCheckpoint(folder)))
    ? `stopped; to resume: stego train --resume ${shellWord(folder)}`
    : 'stopped before the first checkpoint: nothing to resume'
}

function summary({ folder, checkpoint, contactSheet, evaluation }: Results): string {
  return [
    ...(evaluation ? [formatEvaluation(evaluation), ''] : []),
    ...(checkpoint ? [`model: ${checkpoint}`] : []),
    ...(contactSheet ? [`contact sheet: ${contactSheet}`] : []),
    `next: stego segment ${shellWord(folder)} <image or folder> --out segmented`,
  ].join('\n')
}
