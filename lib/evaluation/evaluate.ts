/** Scoring a network on a labelled split (eval_segmentation.py; docs/method-constants.md#evaluation). */
import { checkClasses } from '../datasets/dataset.js'
import type { Split } from '../datasets/source.js'
import { readAhead } from '../images/read-ahead.js'
import { createTransform } from '../images/transform.js'
import { checked, job, type NativeNetwork, type PredictionHead } from '../native/index.js'
import type { ConfusionMatrix } from './confusion.js'
import type { Evaluation, Metric } from './evaluation.js'
import type { EvaluateOptions } from './options.js'
import { requireMetric, scoreClusters, scoreLinear } from './scores.js'

/** Images decoded while others are predicted. */
const AHEAD = 2

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
  for await (const chunk of inBatches(readAhead(labelled, split.read, AHEAD), batch)) {
    signal?.throwIfAborted()
    const images = chunk.map(({ image }) => image)
    const settings = { transform, flip, crf, heads, size: 'transform', temperature } as const
    const predictions = await job(
      (_, cancel) => network.predict(images, { ...settings, logProbabilities: [] }, cancel),
      signal,
    )
    const labels = await Promise.all(
      chunk.map(({ label }) => job((native) => native.transformBytes(label!, 1, transform), signal)),
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
    positionRemoved: checked(() => network.backbone.positionMap) !== null,
  }
}

const isLinear = (head: PredictionHead) => head === 'linear' || head === 'rawLinear'

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[], void> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
