/** Scores a network on a labeled split (eval_segmentation.py; docs/method-constants.md#evaluation). */
import { checkClasses } from '../datasets/dataset.js'
import type { Split } from '../datasets/source.js'
import { readAhead } from '../images/read-ahead.js'
import { createTransform, MAX_PATCHES } from '../images/transform.js'
import { checked, job, type NativeNetwork, type PredictionHead } from '../native/index.js'
import type { ConfusionMatrix } from './confusion.js'
import type { Evaluation, Metric } from './evaluation.js'
import type { ResolvedEvaluateOptions } from './options.js'
import { predictOptions } from './predict.js'
import { requireMetric, scoreClusters, scoreLinear } from './scores.js'

/** Images decoded while others are predicted. */
const AHEAD = 2

/** Predicts every labeled image of the split and scores all heads of the network. */
export async function evaluateNetwork(
  network: NativeNetwork,
  split: Split,
  options: ResolvedEvaluateOptions,
  classNames: string[] | null,
): Promise<Evaluation> {
  const { classes, heads } = checked(() => network.info)
  const { signal, flip, crf, batch, temperature, matching, official } = options
  requireMetric({ matching, official })
  const { patch } = checked(() => network.backbone.info)
  const transform = {
    ...createTransform(options.resolution, options.fit, patch),
    maxPatches: MAX_PATCHES,
  }
  checkClasses(split, classes)
  const labeled = split.items.filter((item) => item.label !== null)
  const settings = predictOptions({ transform, flip, crf, heads, temperature })
  const scores = checked((native) => new native.Scores(network, settings))
  let counts: Awaited<ReturnType<typeof scores.counts>>
  try {
    for await (const pictures of inBatches(readAhead(labeled, split.read, AHEAD), batch)) {
      const images = pictures.map(({ image, label }) => ({ image, label: label! }))
      await job((_, cancel) => scores.add(images, cancel), signal)
    }
    counts = await job(() => scores.counts(), signal)
  } finally {
    scores.dispose()
  }
  const score = <T>(
    head: PredictionHead,
    by: (confusion: ConfusionMatrix, metric: Metric) => T,
  ): T | null => {
    const counted = counts[head]
    if (!counted) return null
    const [rows, columns] = counted.shape as [number, number]
    return by({ rows, columns, counts: counted.data }, { matching, official })
  }
  return {
    kmeans: score('kmeans', scoreClusters),
    clusterProbe: score('clusterProbe', scoreClusters),
    linearProbe: score('linearProbe', scoreLinear),
    baselineKmeans: score('baselineKmeans', scoreClusters),
    baselineLinearProbe: score('baselineLinearProbe', scoreLinear),
    images: split.items.length,
    labeled: labeled.length,
    split: split.name,
    classNames,
    positionRemoved: checked(() => network.backbone.positionMap) !== null,
  }
}

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
