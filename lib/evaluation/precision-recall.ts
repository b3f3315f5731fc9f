/**
 * How well correspondences predict that two positions share a class (plot_pr_curves.py): those of backbone
 * features, of codes, and, as a baseline that sees only positions and colors, of the contrastive CRF's
 * kernel.
 */
import type { Item, Split } from '../datasets/source.js'
import { StegoError } from '../errors.js'
import { fillStore } from '../features/fill.js'
import { openStore, planMeans } from '../features/plan.js'
import { createTransform } from '../images/transform.js'
import {
  checked,
  job,
  type LabeledPixels,
  type NativeNetwork,
  type PrecisionRecallCurve,
  type Tensor,
  type Transform,
} from '../native/index.js'
import { createRandom } from '../random/random.js'
import { samplePositives } from '../random/sampler.js'
import { PRECISION_RECALL_STREAMS } from '../random/streams.js'
import type { ResolvedPrecisionRecallOptions } from './options.js'

/**
 * Precision and recall of correspondences against labels, as plain data. All pairs count; scores are resolved
 * to a millionth of a cosine, so that memory does not depend on the number of images.
 */
export interface PrecisionRecall {
  /** Cosine of the backbone's features. */
  features: PrecisionRecallCurve
  /** Cosine of the codes. */
  codes: PrecisionRecallCurve
  /** Kernel of the contrastive CRF: proximity and similarity of color. */
  crf: PrecisionRecallCurve
  /** Average precision of random scores: the share of the pairs of positions that share a class. */
  chance: number
  /** Number of pairs of positions compared, without those on void. */
  compared: number
  /** Which partners the images were compared with. */
  pairs: ResolvedPrecisionRecallOptions['pairs']
  /** Number of labeled images of the split. */
  images: number
  /** Name of the split. */
  split: string
}

/** Points of a curve, enough for any plot; average precision uses all scores. */
const CURVE_POINTS = 512
/** As in training (train_config.yml num_neighbors). */
const NEIGHBORS = 7

/**
 * Compares sampled positions of the labeled images of a split with positions of a partner.
 * Rejects with `ERR_STEGO_DATA_EMPTY` if there are too few labeled images, or no two positions share a class.
 */
export async function precisionRecall(
  network: NativeNetwork,
  split: Split,
  options: ResolvedPrecisionRecallOptions,
): Promise<PrecisionRecall> {
  const { batch, pairs, samples, seed, signal } = options
  const patch = checked(() => network.backbone.info.patch)
  const transform = createTransform(options.resolution, options.fit, patch)
  const items = split.items.filter((item) => item.label !== null)
  checkCount(items.length, options)
  const partners = await choosePartners(network, split, items, transform, options)
  const scores = checked((native) => new native.PairScores(network))
  try {
    for (let first = 0; first < items.length; first += batch) {
      const indices = Array.from({ length: Math.min(batch, items.length - first) }, (_, i) => first + i)
      const input = {
        images: await readAll(split, items, indices, signal),
        partners: partners
          ? await readAll(
              split,
              items,
              indices.map((index) => partners[index]!),
              signal,
            )
          : [],
        first: drawPositions(indices, samples, seed, 0),
        second: drawPositions(indices, samples, seed, 1),
        transform,
      }
      await job((_, cancel) => scores.add(input, cancel), signal)
    }
    const found = await job((_, cancel) => scores.curves(CURVE_POINTS, cancel), signal)
    const { features, codes, crf, pairs: compared, positives } = found
    const chance = positives / compared
    return { features, codes, crf, chance, compared, pairs, images: items.length, split: split.name }
  } finally {
    scores.dispose()
  }
}

function checkCount(count: number, { data, split, pairs }: ResolvedPrecisionRecallOptions): void {
  const least = pairs === 'self' ? 1 : 2
  if (count >= least) return
  throw new StegoError(
    'ERR_STEGO_DATA_EMPTY',
    `precisionRecall() needs at least ${least} labeled image${least === 1 ? '' : 's'} for pairs "${pairs}", ` +
      `split "${split}" of ${data} has ${count}. Put label maps into labels/${split}, or name another split.`,
  )
}

/** The partner of each image as an index of the list; null if each image is its own partner. */
async function choosePartners(
  network: NativeNetwork,
  { read }: Split,
  items: Item[],
  transform: Transform,
  { pairs, seed, signal }: ResolvedPrecisionRecallOptions,
): Promise<Int32Array | null> {
  if (pairs === 'self') return null
  const random = createRandom(seed, PRECISION_RECALL_STREAMS.partners)
  const all = Int32Array.from(items, (_, index) => index)
  if (pairs === 'random') {
    return all.map((index) => (index + 1 + random.integer(items.length - 1)) % items.length)
  }
  const plan = planMeans(items.length)
  const store = openStore(network.backbone, plan)
  try {
    const pixels = async (index: number) => (await read(items[index]!)).image
    for await (const _ of fillStore(store, plan, pixels, transform, signal));
    const k = Math.min(NEIGHBORS, items.length - 1)
    const neighbors = await job((_, cancel) => store.neighbors(k, cancel), signal)
    return samplePositives(all, neighbors.indices, k, random)
  } finally {
    store.dispose()
  }
}

/**
 * Uniform positions, [images, samples, samples, 2]; those of an image depend only on the seed and its index.
 */
function drawPositions(images: number[], samples: number, seed: number, side: 0 | 1): Tensor {
  const each = samples * samples * 2
  const data = new Float32Array(images.length * each)
  for (const [place, image] of images.entries()) {
    const random = createRandom(seed, PRECISION_RECALL_STREAMS.positions, side, image)
    for (let i = 0; i < each; i++) data[place * each + i] = 2 * random.next() - 1
  }
  return { data, shape: [images.length, samples, samples, 2] }
}

async function readAll(
  { read }: Split,
  items: Item[],
  indices: number[],
  signal?: AbortSignal,
): Promise<LabeledPixels[]> {
  const pictures = []
  for (const index of indices) {
    signal?.throwIfAborted()
    const { image, label } = await read(items[index]!)
    pictures.push({ image, label: label! })
  }
  return pictures
}
