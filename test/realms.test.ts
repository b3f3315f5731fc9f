/** Values of another realm, as Jest, Vitest and `vm` have: their arrays, URLs and objects are not this one's. */
import { createContext, runInContext } from 'node:vm'
import test from 'ava'
import * as crf from '../lib/crf/index.js'
import * as evaluation from '../lib/evaluation/index.js'
import * as stego from '../lib/index.js'
import * as loss from '../lib/loss/index.js'
import * as neighbors from '../lib/neighbors/index.js'
import { makeDataset, SMALL } from './support/dataset.js'

const CALLS = {
  'a path': 'model.segment(file, { resolution: 64 }).then((found) => found.width)',
  'a file: URL': 'model.segment(new URL("file://" + file), { resolution: 64 }).then((found) => found.width)',
  'raw samples':
    'model.segment({ data: new Uint8Array(64 * 48 * 3), width: 64, height: 48, channels: 3 }, { resolution: 64 }).then((found) => found.width)',
  ImageData:
    'model.segment({ data: new Uint8ClampedArray(64 * 48 * 4), width: 64, height: 48 }, { resolution: 64 }).then((found) => found.width)',
  neighbors:
    'nearestNeighbors(new Float32Array(80).map((_, i) => Math.sin(i)), { dim: 8, k: 2 }).then((found) => found.indices.shape[0])',
  scores:
    '(await scoreSegmentation({ predictions: Uint8Array.of(0, 1), labels: Int32Array.of(0, 1), classes: 2 })).miou',
  'the dense CRF':
    'denseCrf({ image: { data: new Uint8Array(36), width: 4, height: 3, channels: 3 }, probabilities: { data: new Float32Array(24).fill(0.5), shape: [2, 3, 4] }, output: "labels" }).then((found) => found.labels.length)',
  'a native error':
    'denseCrf({ image: { data: new Uint8Array(36), width: 4, height: 3, channels: 3 }, probabilities: { data: new Float32Array(24).fill(7), shape: [2, 3, 4] } }).then(() => 0, (error) => Number(error instanceof StegoError))',
  'a signal':
    'model.segment(file, { resolution: 64, signal: new AbortController().signal }).then((found) => found.width)',
}

test('functions take values of another realm', async (t) => {
  const data = await makeDataset(t, { train: 4, labeled: 0 })
  const model = await stego.Stego.train({ ...SMALL, data, steps: 1 })
  const context = createContext({
    ...stego,
    ...crf,
    ...evaluation,
    ...loss,
    ...neighbors,
    model,
    AbortController,
    URL,
    file: `${data}/imgs/train/00.png`,
  })
  for (const [name, call] of Object.entries(CALLS)) {
    const result = await runInContext(`(async () => ${call})()`, context)
    t.true(result > 0, name)
  }
})

test('many calls at once leave no listener on their signal, and cause no warning', async (t) => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  const { signal } = new AbortController()
  let listeners = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listeners++
    addEventListener.apply(signal, given)
  }
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    listeners--
    removeEventListener.apply(signal, given)
  }
  const vectors = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i))
  await Promise.all(
    Array.from({ length: 20 }, () => neighbors.nearestNeighbors(vectors, { dim: 8, k: 2, signal })),
  )
  process.off('warning', listen)
  t.is(listeners, 0)
  t.deepEqual(warnings, [])
})
