/**
 * How long does the dense CRF take on a GPU, is its result the same in every run, and how far is it from the CPU's?
 *
 *     npx tsx benchmarks/gpu/crf.ts --device cuda:0 [--quick]
 *
 * 27 labels, STEGO's constants, 10 iterations. Only a network's predictions reach the CRF on a device, so its time is
 * that of predictions with it less that of predictions without it, in turns. The network's head is random.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { job, type NativeNetwork, type Pixels, type Prediction } from '../../lib/native/index.js'
import { createRandom } from '../../lib/random/random.js'
import { timed } from '../race.js'
import { brief, device, loadOn, middle, note, quick, type Row, tell, turns } from './common.js'

const STARTER = fileURLToPath(new URL('../../weights/starter-vit-tiny8.safetensors', import.meta.url))
const SIDE = quick ? 64 : 320
const BATCHES = quick ? [1] : [1, 8]
const RUNS = quick ? 3 : 20
const LABELS = 27

const smooth: Pixels = {
  data: new Uint8Array(SIDE * SIDE * 3).map((_, i) => {
    const p = Math.floor(i / 3)
    return 100 + 80 * Math.sin((p % SIDE) / 60 + (i % 3)) + 40 * Math.cos(p / SIDE / 45)
  }),
  width: SIDE,
  height: SIDE,
}
const random = createRandom(2)
const noise: Pixels = { ...smooth, data: new Uint8Array(SIDE * SIDE * 3).map(() => 256 * random.next()) }
/** Smooth areas with some noise, as in photographs. */
const mixed: Pixels = { ...smooth, data: smooth.data.map((value, i) => value + (noise.data[i]! >> 5)) }

async function networkOn(on: string): Promise<NativeNetwork> {
  const backbone = await loadOn(STARTER, 'float32', on)
  const head = { dim: 70, projection: 'nonlinear', continuous: true, decoder: false, seed: 1 } as const
  const options = { ...head, classes: LABELS, clusters: LABELS }
  return job((native, cancel) => native.Network.create(backbone, options, true, cancel))
}

const predict = (network: NativeNetwork, images: Pixels[], crf: boolean, probabilities: boolean) =>
  job((_, cancel) =>
    network.predict(
      images,
      {
        transform: { resolution: SIDE, fit: 'center', multiple: 8 },
        flip: false,
        heads: ['linearProbe'],
        size: 'transform',
        logProbabilities: probabilities ? ['linearProbe'] : [],
        temperature: 3,
        crf,
      },
      cancel,
    ),
  )

const digest = (predictions: Prediction[]) => {
  const hash = createHash('sha256')
  for (const { labels, logProbabilities } of predictions) {
    const { data } = logProbabilities.linearProbe!
    hash.update(labels.linearProbe!).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}

/** How far two predictions are apart: the largest difference of probabilities, and the share of equal labels. */
function compare([one]: Prediction[], [other]: Prediction[]): Row {
  const [a, b] = [one!.logProbabilities.linearProbe!.data, other!.logProbabilities.linearProbe!.data]
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(Math.exp(a[i]!) - Math.exp(b[i]!)))
  const [ours, theirs] = [one!.labels.linearProbe!, other!.labels.linearProbe!]
  const equal = ours.reduce((count, label, i) => count + Number(label === theirs[i]), 0)
  return { 'largest difference from the CPU': most, 'equal labels, %': (100 * equal) / ours.length }
}

async function measure(picture: string, image: Pixels, batch: number): Promise<void> {
  const images = Array.from({ length: batch }, () => image)
  const [refined, plain] = await turns([
    timed('with', () => predict(network, images, true, false)),
    timed('without', () => predict(network, images, false, false)),
  ])
  const error = refined!.error ?? plain!.error
  const crf = refined!.ms.map((ms, i) => ms - plain!.ms[i]!).toSorted((a, b) => a - b)
  tell({
    picture,
    size: `${SIDE} x ${SIDE} x ${LABELS}`,
    batch,
    'ms per image (median)': middle(crf) / batch,
    'with it, ms': refined!.median,
    'all with it': refined!.spread,
    'without it, ms': plain!.median,
    ...(batch === 1 && !error && (await repeatability(images))),
    ...(error && { error }),
  })
}

async function repeatability(images: Pixels[]): Promise<Row> {
  const results = new Set<string>()
  let last: Prediction[] = []
  for (let run = 0; run < RUNS; run++) {
    last = await predict(network, images, true, true)
    results.add(digest(last))
  }
  return {
    'identical runs': results.size === 1 ? `all ${RUNS}` : `${results.size} results in ${RUNS} runs`,
    ...compare(last, await predict(onCpu, images, true, true)),
  }
}

const network = await networkOn(device)
const onCpu = await networkOn('cpu')
note(
  'time of the CRF: predictions with it less predictions without it; in both, the starter and a random head',
)
for (const [name, image] of Object.entries({ mixed, smooth, noise })) {
  for (const batch of BATCHES) {
    try {
      await measure(name, image, batch)
    } catch (error) {
      tell({ picture: name, batch, error: brief(error) })
    }
  }
}
