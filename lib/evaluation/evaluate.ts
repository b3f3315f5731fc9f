/** Scoring a network on a labelled split (stego.md A13). */
import { checkClasses } from '../data/dataset.js'
import type { Item, Split } from '../data/split.js'
import { createTransform } from '../data/transform.js'
import {
  checked,
  job,
  type LabelMap,
  type NativeNetwork,
  type Pixels,
  type PredictionHead,
} from '../native.js'
import type { EvaluateOptions } from '../options/evaluate.js'
import {
  type ConfusionMatrix,
  type Evaluation,
  type Metric,
  requireMetric,
  scoreClusters,
  scoreLinear,
} from './scores.js'

/** Predicts every labelled image of the split and scores all heads that the network has. */
export async function evaluateNetwork(
  network: NativeNetwork,
  split: Split,
  options: EvaluateOptions,
  classNames: string[] | null,
): Promise<Evaluation> {
  const { classes, clusters, heads } = checked(() => network.info)
  const { signal, flip, crf, batch, temperature, matching, official } = options
  requireMetric({ matching, official })
  const transform = createTransform(
    options.resolution,
    options.crop,
    checked(() => network.backbone.info.patch),
  )
  checkClasses(split, classes)
  const labelled = split.items.filter((item) => item.label !== null)
  const rows = (head: PredictionHead) => (isLinear(head) ? classes : clusters)
  const counts = new Map(heads.map((head) => [head, new Float64Array(rows(head) * classes)]))
  for (let first = 0; first < labelled.length; first += batch) {
    const chunk = await readAll(split, labelled.slice(first, first + batch), signal)
    const images = chunk.map(({ image }) => image)
    const settings = { transform, flip, crf, heads, size: 'transform', temperature } as const
    const predictions = await job(
      (_, cancel) => network.predict(images, { ...settings, logProbabilities: [] }, cancel),
      signal,
    )
    const labels = await Promise.all(
      chunk.map(({ label }) => job((native) => native.transformBytes(label, 1, transform), signal)),
    )
    for (const [head, sums] of counts) {
      const maps = predictions.map((prediction) => prediction.labels[head]!)
      const truth = labels.map(({ data }) => data)
      const added = await job((native) => native.confusion(maps, truth, rows(head), classes), signal)
      for (const [i, count] of added.entries()) sums[i]! += count
    }
  }
  const confusion = (head: PredictionHead): ConfusionMatrix | null => {
    const sums = counts.get(head)
    return sums && labelled.length > 0 ? { rows: rows(head), columns: classes, counts: sums } : null
  }
  const score = <T>(
    head: PredictionHead,
    by: (confusion: ConfusionMatrix, metric: Metric) => T,
  ): T | null => {
    const matrix = confusion(head)
    return matrix && by(matrix, { matching, official })
  }
  return {
    cluster: score('kmeans', scoreClusters),
    online: score('online', scoreClusters),
    linear: score('linear', scoreLinear),
    raw: score('raw', scoreClusters),
    rawLinear: score('rawLinear', scoreLinear),
    images: split.items.length,
    labelled: labelled.length,
    split: split.name,
    classNames,
  }
}

const isLinear = (head: PredictionHead) => head === 'linear' || head === 'rawLinear'

async function readAll(
  { read }: Split,
  items: Item[],
  signal?: AbortSignal,
): Promise<{ image: Pixels; label: LabelMap }[]> {
  const pictures = []
  for (const item of items) {
    signal?.throwIfAborted()
    const { image, label } = await read(item)
    pictures.push({ image, label: label! })
  }
  return pictures
}
