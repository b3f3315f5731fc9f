/** Progress of a run for display: permanent lines, and a status that the next event replaces. */
import { surveyLine } from '../datasets/label-words.js'
import { unusedLines } from '../datasets/unused.js'
import type { FeaturesProgress } from '../features/progress.js'
import type { PixelRule } from '../images/samples.js'
import { formatBytes } from '../options/bytes.js'
import { count, deviceWords, duration, recallWords, significant } from '../output/words.js'
import { describePosition, type Position, type PositionProgress } from '../position/position.js'
import type {
  ClustersEvent,
  EndEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
  ValidationEvent,
} from '../training/events.js'

/** Progress of a phase. `total` is 0 if unknown. */
export interface Status {
  phase: string
  done: number
  total: number
  /** Parts separated by commas, the most important first: the last ones are left out on a narrow terminal. */
  details: string
}

/** Lines to print and the new status; null clears it, undefined keeps the current one. */
export interface Report {
  lines: string[]
  status?: Status | null
}

/** Number of recent steps to average for the speed. */
const SPEED_WINDOW = 20

/** What the losses of the steps mean. */
const LOSSES = 'losses: lower is better; correspondence trains the head, the probes only read its codes'

/** Converts the events of a run, in order, to reports. Times come from the events, not from a clock. */
export function reporter(): (event: TrainingEvent) => Report {
  const recent: number[] = []
  let position: Position | null = null
  return (event) => {
    switch (event.type) {
      case 'start':
        return { lines: startLines(event), status: working('backbone features') }
      case 'position':
        position = event.position
        return positionReport(event)
      case 'features':
        return event.done < event.total
          ? featuresReport(event)
          : { lines: [featuresLine(event)], status: working('neighbors') }
      case 'neighbors':
        return {
          lines: [
            `neighbors: ${event.k} per image` +
              (event.meanSimilarity === null
                ? ''
                : `, mean similarity ${significant(event.meanSimilarity)}`) +
              recallWords(event.recall),
          ],
          status: working('shifts'),
        }
      case 'shifts': {
        const { self, knn, random } = event.values
        const values = `self ${significant(self)}, knn ${significant(knn)}, random ${significant(random)}`
        return {
          lines: [`shifts: ${values} (${event.automatic ? 'from the data' : 'as given'})`, LOSSES],
          status: working('training'),
        }
      }
      case 'step': {
        recent.push(event.milliseconds)
        if (recent.length > SPEED_WINDOW) recent.shift()
        return stepReport(event, recent.reduce((sum, value) => sum + value, 0) / recent.length)
      }
      case 'clusters': {
        const what = event.head === 'kmeans' ? 'codes' : 'backbone features'
        return {
          lines: [
            `k-means on ${what}: ${event.sizes.length} clusters, best of ${count(event.meanCosines.length, 'restart')}, ` +
              `mean cosine ${significant(event.meanCosine)}`,
            ...explainedLines(event, position),
          ],
          status: working('k-means, validation'),
        }
      }
      case 'validation':
        return { lines: [validationLine(event)], status: working('validation') }
      case 'checkpoint':
        return { lines: [] }
      case 'end':
        return { lines: [endLine(event)], status: null }
    }
  }
}

function endLine({ steps, seconds }: EndEvent): string {
  return seconds === 0
    ? `done before: all ${count(steps, 'step')}; to train longer, raise steps`
    : `done: step ${steps} after ${duration(seconds)}`
}

function working(phase: string): Status {
  return { phase, done: 0, total: 0, details: '' }
}

function startLines({ options, images, backbone, threads, features, step, ...found }: StartEvent): string[] {
  const starter =
    options.backbone === 'starter'
      ? ['The starter is a small street-scene backbone for trying things out; it does not replace DINO.']
      : []
  const from = step > 0 ? [`resuming after step ${step} of ${options.steps}`] : []
  const millions = `${(backbone.parameters / 1e6).toFixed(1)} M parameters`
  return [
    `backbone: ${backbone.name}, ${backbone.dim} wide, patch ${backbone.patch}, ${millions}`,
    ...starter,
    `images: ${images.train} for training (${images.labeled} labeled), ${images.validation} for validation`,
    ...dataLines(images, found),
    `classes: ${options.classes}, threads: ${threads}, device: ${deviceWords(found.device, found.deviceName)}`,
    storageLine(features, options.featureStore.memoryBytes),
    ...from,
  ]
}

/** What is left out of the folder, what the labels hold, and what is doubtful. */
function dataLines(
  { skipped, unused }: StartEvent['images'],
  { labels, pixels, notes }: Pick<StartEvent, 'labels' | 'pixels' | 'notes'>,
): string[] {
  const surveys = [labels.train, labels.validation].filter((survey) => survey !== null)
  return [
    ...unusedLines(unused),
    ...skipped.map(({ reason }) => `left out: ${reason}`),
    ...(pixels ? [pixelLine(pixels)] : []),
    ...surveys.map(surveyLine),
    ...notes.map((note) => `note: ${note}`),
  ]
}

function pixelLine({ measured = {}, bands }: PixelRule): string {
  const ranges = Object.entries(measured).map(
    ([type, [low, high]]) => `${type} from ${significant(low)} (black) to ${significant(high)} (white)`,
  )
  return `pixels: ${[...ranges, ...(bands ? [`bands ${bands.join(', ')}`] : [])].join(', ')}`
}

function storageLine({ mode, bytes }: StartEvent['features'], memoryBytes: number): string {
  const size = formatBytes(bytes)
  if (mode === 'disk') return `features: ${size} on disk`
  if (mode === 'off') return 'features: recomputed at every step'
  return bytes <= memoryBytes
    ? `features: ${size} in memory`
    : `features: ${formatBytes(memoryBytes)} of ${size} in memory, the rest recomputed when needed`
}

/** Reports the progress of computing features. */
export function featuresReport({ done, total }: FeaturesProgress): Report {
  return { lines: [], status: { phase: 'backbone features', done, total, details: '' } }
}

function featuresLine({ total, kept, bytes, file }: FeaturesProgress): string {
  const where = file === null ? '' : `, ${file}`
  return `features: ${count(total, 'image')}, ${kept} kept in ${formatBytes(bytes)}${where}`
}

/** Reports the progress and the result of measuring position in the features. */
export function positionReport({ done, total, position }: PositionProgress): Report {
  return position === null
    ? { lines: [], status: { phase: 'position in features', done, total, details: '' } }
    : { lines: [`position: ${describePosition(position)}`], status: working('backbone features') }
}

/** Above this share, clusters follow position. */
const MUCH = 0.1

function explainedLines({ head, explained }: ClustersEvent, position: Position | null): string[] {
  const { rows, columns, images } = explained
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const shares = `rows ${percent(rows)}, columns ${percent(columns)}, images ${percent(images)}`
  const lines = [`  explained by ${shares}`]
  if (head !== 'kmeans' || Math.max(rows, columns) <= MUCH) return lines
  const where = rows > columns ? 'vertical' : 'horizontal'
  return [
    ...lines,
    `  The clusters follow the ${where} position of patches in the image. ${explanation(position)}`,
  ]
}

function explanation(position: Position | null): string {
  if (position === null) {
    return 'That is fine if the images share a layout, as street scenes do. If not, train with position: auto.'
  }
  return position.removed
    ? 'This reflects the layout of the images: position was removed from the features.'
    : "This reflects the images' shared layout and the backbone's position signal; position: remove removes the latter."
}

function stepReport(event: StepEvent, milliseconds: number): Report {
  const { step, steps, correspondence, clusterProbe, linearProbe, reconstruction, alignment, crf } = event
  const optional = { 'linear probe': linearProbe, reconstruction, alignment, crf }
  const losses = [
    `correspondence ${significant(correspondence)}`,
    `cluster probe ${significant(clusterProbe)}`,
    ...Object.entries(optional).flatMap(([name, loss]) =>
      loss === null ? [] : [`${name} ${significant(loss)}`],
    ),
  ].join(', ')
  const speed =
    milliseconds < 1000 ? `${Math.round(milliseconds)} ms/step` : `${(milliseconds / 1000).toFixed(2)} s/step`
  if (step >= steps) {
    return { lines: [`training: step ${step}/${steps}, ${losses}, ${speed}`], status: working('k-means') }
  }
  const left = `${duration(((steps - step) * milliseconds) / 1000)} left`
  return {
    lines: [],
    status: { phase: 'training', done: step, total: steps, details: `${left}, ${speed}, ${losses}` },
  }
}

function validationLine({ step, evaluation }: ValidationEvent): string {
  const { kmeans, clusterProbe, linearProbe } = evaluation
  const heads = { 'k-means': kmeans, 'cluster probe': clusterProbe, 'linear probe': linearProbe }
  const scores = Object.entries(heads).flatMap(([name, scored]) => {
    const miou = scored?.miou
    return typeof miou === 'number' ? [`${name} ${miou.toFixed(1)} % mIoU`] : []
  })
  return `validation at step ${step}: ${scores.join(', ') || 'no labels to score'}`
}
