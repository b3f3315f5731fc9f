/** Scoring a network on a labelled split (stego.md A13, without the CRF). */
import { decodeImage, decodeLabels } from '../data/decode.js'
import { type Item, openFolder } from '../data/folder.js'
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
import { type ConfusionMatrix, type Evaluation, scoreClusters, scoreLinear } from './scores.js'

/** Predicts every labelled image of the split and scores all heads that the network has. */
export async function evaluateNetwork(
  network: NativeNetwork,
  options: EvaluateOptions,
  classNames: string[] | null,
): Promise<Evaluation> {
  const { classes, heads } = checked(() => network.info)
  const { signal, flip, batch } = options
  const transform = createTransform(
    options.resolution,
    options.crop,
    checked(() => network.backbone.info.patch),
  )
  const split = await openFolder(options.data, options.split)
  const labelled = split.items.filter((item) => item.label !== null)
  const counts = new Map(heads.map((head) => [head, new Float64Array(classes * classes)]))
  for (let first = 0; first < labelled.length; first += batch) {
    const chunk = await decodeAll(labelled.slice(first, first + batch), signal)
    const images = chunk.map(({ image }) => image)
    const settings = { transform, flip, heads, size: 'transform', logProbabilities: [] } as const
    const predictions = await job(
      (_, cancel) =>
        network.predict(images, { ...settings, heads: [...heads], logProbabilities: [] }, cancel),
      signal,
    )
    const labels = await Promise.all(
      chunk.map(({ label }) => job((native) => native.transformBytes(label, 1, transform), signal)),
    )
    for (const [head, sums] of counts) {
      const maps = predictions.map((prediction) => prediction.labels[head]!)
      const truth = labels.map(({ data }) => data)
      const added = await job((native) => native.confusion(maps, truth, classes, classes), signal)
      for (const [i, count] of added.entries()) sums[i]! += count
    }
  }
  const confusion = (head: PredictionHead): ConfusionMatrix | null => {
    const sums = counts.get(head)
    return sums && labelled.length > 0 ? { rows: classes, columns: classes, counts: sums } : null
  }
  const score = <T>(head: PredictionHead, by: (confusion: ConfusionMatrix) => T): T | null => {
    const matrix = confusion(head)
    return matrix && by(matrix)
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

async function decodeAll(items: Item[], signal?: AbortSignal): Promise<{ image: Pixels; label: LabelMap }[]> {
  const decoded = []
  for (const item of items) {
    signal?.throwIfAborted()
    const image = await decodeImage(item.image)
    decoded.push({ image, label: await decodeLabels(item.label!, image) })
  }
  return decoded
}
