/** Self-test checks. Each one computes something small and compares it with a reference. */
import { denseCrf } from '../crf/dense-crf.js'
import { scoreSegmentation } from '../evaluation/score-segmentation.js'
import { decodeImage } from '../images/decode.js'
import { sharp } from '../images/sharp.js'
import { correspondenceLoss } from '../loss/correspondence-loss.js'
import { addon, type Device, type DType, job, type NativeBackbone, type Transform } from '../native/index.js'
import { nearestNeighbors } from '../neighbors/nearest-neighbors.js'
import { loadBackbone } from '../weights/backbones.js'
import { numbers, picture, RECORDED, scattered, spread } from './recorded.js'

/** What a result is compared with. */
export type Reference = 'official implementation' | 'encoded pixels'

export interface Check {
  name: string
  reference: Reference
  /** How the error is measured. */
  measure: 'absolute' | 'relative' | '1 - cosine' | 'differing values'
  /** The largest error that passes. */
  tolerance: number
  /** Computes the error. */
  run(): Promise<number>
}

/** All checks in execution order; those of the backbone on this device. */
export function checks(device: Device): Check[] {
  const { bfloat16Products } = addon().describeMachine().kernels
  return [
    imageCheck,
    backboneCheck(device),
    ...(bfloat16Products || device !== 'cpu' ? [bfloat16Check(device)] : []),
    lossCheck,
    lossGradientCheck,
    probeCheck,
    probeGradientCheck,
    crfCheck,
    neighborCheck,
    metricCheck,
  ]
}

const imageCheck: Check = {
  name: 'images: PNG round trip',
  reference: 'encoded pixels',
  measure: 'differing values',
  tolerance: 0,
  async run() {
    const { data, width, height } = picture(61, 47, 8, 32)
    const png = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer()
    return differing((await decodeImage(png)).data, data)
  },
}

const TRANSFORM: Transform = { resolution: 224, fit: 'center', multiple: 8 }

/** Starter features of a generated picture, [1, 192, 28, 28]. */
async function starterFeatures(dtype: DType, device: Device): Promise<number[]> {
  const backbone: NativeBackbone = await loadBackbone('starter', { dtype, device })
  const image = picture(TRANSFORM.resolution, TRANSFORM.resolution, 16, 32)
  const features = await job((_, cancel) => backbone.features([image], TRANSFORM, cancel))
  return spread(features, RECORDED.backbone.length)
}

const backboneCheck = (device: Device): Check => ({
  name: 'backbone: ViT features (starter)',
  reference: 'official implementation',
  measure: 'absolute',
  tolerance: 1e-4,
  run: async () => largest(await starterFeatures('float32', device), RECORDED.backbone),
})

const bfloat16Check = (device: Device): Check => ({
  name: 'backbone: ViT features in bfloat16',
  reference: 'official implementation',
  measure: '1 - cosine',
  tolerance: 1e-2,
  run: async () => 1 - cosine(await starterFeatures('bfloat16', device), RECORDED.backbone),
})

/** Loss on random maps of four images with fixed positions and pairings. */
function lossOfMaps() {
  const pairings = Array.from({ length: 5 }, (_, pairing) =>
    Array.from({ length: 4 }, (_, image) => (image + 1 + (pairing % 3)) % 4),
  )
  return correspondenceLoss({
    features: numbers(11, 4, 24, 8, 8),
    positiveFeatures: numbers(12, 4, 24, 8, 8),
    codes: numbers(13, 4, 10, 8, 8),
    positiveCodes: numbers(14, 4, 10, 8, 8),
    coordinates1: numbers(15, 4, 5, 5, 2),
    coordinates2: numbers(16, 4, 5, 5, 2),
    permutations: { data: Int32Array.from(pairings.flat()), shape: [5, 4] },
    shifts: { self: 0.18, knn: 0.12, random: 0.46 },
    weights: { self: 0.67, knn: 0.25, random: 0.63 },
    featureSamples: 5,
    negativeSamples: 5,
  })
}

const lossCheck: Check = {
  name: 'correspondence loss',
  reference: 'official implementation',
  measure: 'absolute',
  tolerance: 1e-5,
  async run() {
    const { total, terms } = await lossOfMaps()
    return largest([total, terms.self, terms.knn, terms.random], RECORDED.correspondence.losses)
  },
}

const lossGradientCheck: Check = {
  name: 'correspondence loss: gradients',
  reference: 'official implementation',
  measure: 'relative',
  tolerance: 1e-4,
  async run() {
    const { codes, positiveCodes } = (await lossOfMaps()).gradients
    const { gradients } = RECORDED.correspondence
    const each = gradients.length / 2
    return relative([...spread(codes, each), ...spread(positiveCodes, each)], gradients)
  },
}

/** Cluster probe loss on random codes, with eight clusters. */
const clusterProbe = () =>
  job((native) => native.clusterLookup(numbers(22, 2, 10, 6, 6), numbers(21, 8, 10), 2))

const probeCheck: Check = {
  name: 'cluster probe',
  reference: 'official implementation',
  measure: 'absolute',
  tolerance: 1e-5,
  async run() {
    const { loss, probabilities } = await clusterProbe()
    const recorded = RECORDED.clusterProbe
    const found = [loss!.data[0]!, ...spread(probabilities!, recorded.probabilities.length)]
    return largest(found, [recorded.loss, ...recorded.probabilities])
  },
}

const probeGradientCheck: Check = {
  name: 'cluster probe: gradients',
  reference: 'official implementation',
  measure: 'relative',
  tolerance: 1e-4,
  async run() {
    const { codesGradient, clustersGradient } = await clusterProbe()
    const { gradients } = RECORDED.clusterProbe
    const each = gradients.length / 2
    return relative([...spread(codesGradient!, each), ...spread(clustersGradient!, each)], gradients)
  },
}

const crfCheck: Check = {
  name: 'dense CRF: 10 iterations',
  reference: 'official implementation',
  measure: 'absolute',
  tolerance: 1e-4,
  async run() {
    const [width, height] = [48, 40]
    const image = { ...picture(width, height, 8, 4), channels: 3 as const }
    const { probabilities } = await denseCrf({ image, probabilities: crfScores(width, height) })
    return largest(spread(probabilities!, RECORDED.denseCrf.length), RECORDED.denseCrf)
  },
}

/** Probabilities [3, height, width] with a different likeliest class in each third of the picture. */
function crfScores(width: number, height: number) {
  const size = width * height
  const drawn = numbers(31, 2, height, width).data.map((value) => (value + 1) / 4)
  const data = new Float32Array(3 * size)
  for (let pixel = 0; pixel < size; pixel++) {
    const [first, second] = [drawn[pixel]!, drawn[size + pixel]!]
    const third = Math.floor((pixel % width) / 16)
    for (const [label, value] of [first, second, 1 - first - second].entries()) {
      data[((label + third) % 3) * size + pixel] = value
    }
  }
  return { data, shape: [3, height, width] }
}

const neighborCheck: Check = {
  name: 'nearest neighbors',
  reference: 'official implementation',
  measure: 'differing values',
  tolerance: 0,
  async run() {
    const k = 5
    const { indices } = await nearestNeighbors(numbers(41, 200, 24), { k })
    const rows = [...indices.data].filter((_, place) => Math.floor(place / k) % 10 === 0)
    return differing(rows, RECORDED.neighbors)
  },
}

const metricCheck: Check = {
  name: 'mIoU and accuracy of matched clusters',
  reference: 'official implementation',
  measure: 'absolute',
  tolerance: 1e-4,
  async run() {
    const classes = 27
    const labels = Int32Array.from(scattered(51, 3000), (value) => value % classes)
    const predictions = Int32Array.from(scattered(52, 3000), (guess, pixel) =>
      guess % 10 < 6 ? (labels[pixel]! * 5 + 3) % classes : Math.floor(guess / 16) % classes,
    )
    const { accuracy, miou } = await scoreSegmentation({ predictions, labels, classes, clusters: classes })
    return largest([accuracy!, miou!], [RECORDED.metric.accuracy, RECORDED.metric.miou])
  },
}

const largest = (found: number[], expected: number[]) =>
  Math.max(...expected.map((value, index) => Math.abs(value - found[index]!)))

const relative = (found: number[], expected: number[]) =>
  largest(found, expected) / Math.max(...expected.map(Math.abs))

function cosine(one: number[], other: number[]): number {
  const product = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * b[index]!, 0)
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other))
}

function differing(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const wrong = Array.from(expected).filter((value, index) => value !== found[index]).length
  return wrong + Math.abs(found.length - expected.length)
}
