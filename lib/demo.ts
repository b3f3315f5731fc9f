/** The demo: trains on scenes from `@stego/demo` or on the user's images, and describes the result. */
import { join } from 'node:path'
import { StegoError } from './errors.js'
import type { Evaluation } from './evaluation/evaluation.js'
import { formatEvaluation } from './evaluation/format.js'
import { Stego } from './stego.js'
import type { TrainingEvent } from './training/events.js'
import { lastCheckpoint } from './weights/model-file.js'

export interface DemoOptions {
  /** The user's images; null for generated scenes. */
  folder: string | null
  /** Number of clusters; null for eight. */
  classes: number | null
  /** Output folder. */
  out: string
  seed: number
  signal?: AbortSignal
}

/** Results of the demo. */
export interface DemoResult {
  run: string
  model: string
  contactSheet: string | null
  /** Scores against the labels; null without labels. */
  evaluation: Evaluation | null
}

/** The part of `@stego/demo` that is used. */
interface ScenePackage {
  writeScenes(
    root: string,
    options: { train: number; val: number; seed: number; signal?: AbortSignal },
  ): Promise<void>
}

const SCENE_PACKAGE = '@stego/demo'
const SCENES = { train: 120, val: 40 }
const CLASSES = 8
const SCHEDULE = { steps: 300, batch: 16 }

/** Trains, scores and draws the results. `onEvent` receives the events of the run. */
export async function runDemo(
  options: DemoOptions,
  log: (line: string) => void,
  onEvent?: (event: TrainingEvent) => void,
): Promise<DemoResult> {
  const { folder, out, seed, signal } = options
  const data = folder ?? join(out, 'scenes')
  if (folder === null) {
    const { writeScenes } = await loadScenes()
    log(`generating ${SCENES.train + SCENES.val} labeled scenes in ${data}`)
    await writeScenes(data, { ...SCENES, seed, signal })
  }
  const run = join(out, 'run')
  const result: DemoResult = { run, model: lastCheckpoint(run), contactSheet: null, evaluation: null }
  const model = await Stego.train({
    data,
    backbone: 'starter',
    classes: options.classes ?? CLASSES,
    ...SCHEDULE,
    seed,
    out: run,
    signal,
    onEvent: (event) => {
      if (event.type === 'validation') result.evaluation = event.evaluation
      if (event.type === 'end') result.contactSheet = event.contactSheet
      onEvent?.(event)
    },
  })
  model.dispose()
  return result
}

async function loadScenes(): Promise<ScenePackage> {
  try {
    return await import(SCENE_PACKAGE)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new StegoError(
      'ERR_STEGO_DATA_MISSING',
      `the demo scenes come from ${SCENE_PACKAGE}, which is not installed. Run ` +
        `\`npm install ${SCENE_PACKAGE}\`, or pass a folder of your own images: \`stego demo ./photos\`.`,
      { cause },
    )
  }
}

/** Describes the result as text. */
export function describeDemo({ run, model, contactSheet, evaluation }: DemoResult): string {
  const clusters = evaluation?.kmeans?.miou ?? null
  const baseline = evaluation?.baselineKmeans?.miou ?? null
  return [
    ...(evaluation ? ['', formatEvaluation(evaluation)] : []),
    ...(clusters !== null && baseline !== null
      ? [
          'Without any labels, clustering the learned codes reaches ' +
            `${clusters.toFixed(1)} % mIoU; clustering the backbone's features reaches ${baseline.toFixed(1)} %.`,
          '',
        ]
      : []),
    `model: ${model}`,
    ...(contactSheet ? [`contact sheet: ${contactSheet}`] : []),
    `next: stego segment ${run} <image or folder> --out segmented`,
  ].join('\n')
}
