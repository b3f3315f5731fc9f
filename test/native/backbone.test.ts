/** How the vision transformer is computed: instruction sets, batches, threads and number formats. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import {
  addon,
  type DType,
  type FeatureChoice,
  type Instructions,
  job,
  type Pixels,
  type Tensor,
} from '../../lib/native/index.js'
import { defaultThreads } from '../../lib/native/threads.js'
import { renderScene } from '../../packages/demo/src/scene.js'
import { testEachSet } from '../support/kernels.js'
import { stored } from '../support/weights.js'

const starter = fileURLToPath(new URL('../../weights/starter-vit-tiny8.safetensors', import.meta.url))
/** Two blocks of 48 channels: narrower than a panel of any instruction set, heads of 16. */
const narrow = fileURLToPath(new URL('../golden/stego/vit_p8_d48_small.safetensors', import.meta.url))

interface Choice {
  file: string
  dtype?: DType
  features?: FeatureChoice
  instructions?: Instructions
  plain?: boolean
}

const LAST_BLOCK: FeatureChoice = { kind: 'feat', layer: 1 }

async function load({ file, dtype = 'float32', features = LAST_BLOCK, instructions, plain }: Choice) {
  const tensors = await stored(file)
  const prefix = file === narrow ? 'state.' : ''
  const options = { prefix, heads: 3, features, device: 'cpu', dtype, instructions, plain } as const
  return job((native, cancel) => native.Backbone.load(tensors, options, cancel))
}

function draw(index: number, size: { width: number; height: number }): Pixels {
  const { pixels, width, height } = renderScene(5, index, size)
  return { data: pixels, width, height }
}

/** Features of scenes [images, channels, 3 / 4 * resolution / patch, resolution / patch]. */
async function features(choice: Choice, scenes: number[], resolution: number): Promise<Tensor> {
  const backbone = await load(choice)
  const images = scenes.map((index) => draw(index, { width: 160, height: 120 }))
  const transform = { resolution, fit: 'whole', multiple: backbone.info.patch } as const
  return job((_, cancel) => backbone.features(images, transform, cancel))
}

function largestDifference(a: Tensor, b: Tensor): number {
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0)
}

/** Of each token of one set of features with the same of another, the least. */
function leastCosine(a: Tensor, b: Tensor): number {
  const [images, channels, height, width] = a.shape as [number, number, number, number]
  const places = height * width
  let least = 1
  for (let token = 0; token < images * places; token++) {
    const first = Math.floor(token / places) * channels * places + (token % places)
    let product = 0
    let squares = 0
    let others = 0
    for (let c = 0; c < channels; c++) {
      const value = a.data[first + c * places]!
      const other = b.data[first + c * places]!
      product += value * other
      squares += value ** 2
      others += other ** 2
    }
    least = Math.min(least, product / Math.sqrt(squares * others))
  }
  return least
}

const KINDS: FeatureChoice[] = [LAST_BLOCK, { kind: 'feat', layer: 2 }, { kind: 'keys', layer: 1 }]

for (const file of [starter, narrow]) {
  const name = file === starter ? 'starter' : 'narrow'
  testEachSet(`${name}: the fast form computes what the plain one does`, async (t, instructions) => {
    for (const kind of KINDS) {
      const expected = await features({ file, features: kind, plain: true }, [0], 120)
      const computed = await features({ file, features: kind, instructions }, [0], 120)
      const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const difference = largestDifference(computed, expected) / largest
      t.true(difference < 1e-5, `${JSON.stringify(kind)}: ${difference}`)
    }
  })

  test.serial(`${name}: keys are those of the trace`, async (t) => {
    const backbone = await load({ file, features: { kind: 'keys', layer: 1 } })
    const image = draw(1, { width: 40, height: 40 })
    const transform = { resolution: 40, fit: 'whole', multiple: 8 } as const
    const keys = await job((_, cancel) => backbone.features([image], transform, cancel))
    const input = await job((native) => native.prepareImages([image], transform))
    const { qkv } = await job((_, cancel) => backbone.trace(input, 1, cancel))
    const { dim, heads } = backbone.info
    const [tokens, width] = [26, dim / heads]
    for (let channel = 0; channel < dim; channel++) {
      for (let place = 0; place < 25; place++) {
        const head = Math.floor(channel / width)
        const row = (heads + head) * tokens + 1 + place
        t.is(keys.data[channel * 25 + place], qkv[0]!.data[row * width + (channel % width)])
      }
    }
  })
}

test.serial('an image has the same features in any batch and with any number of threads', async (t) => {
  const alone = await features({ file: starter }, [3], 96)
  const size = alone.data.length
  for (const threads of [1, 2, 5]) {
    addon().configure({ threads })
    // 4096 tokens and more are taken in parts
    const scenes = Array.from({ length: 30 }, (_, i) => (i % 7 === 3 ? 3 : i % 4))
    const together = await features({ file: starter }, scenes, 96)
    for (const [place, scene] of scenes.entries()) {
      if (scene !== 3) continue
      t.deepEqual(together.data.subarray(place * size, (place + 1) * size), alone.data, `${threads} threads`)
    }
  }
  addon().configure({ threads: defaultThreads() })
})

test.serial('bfloat16 turns no token by more than a cosine of 0.9995, and gives float32', async (t) => {
  for (const kind of KINDS) {
    const exact = await features({ file: starter, features: kind }, [0, 1, 2], 224)
    const rounded = await features({ file: starter, features: kind, dtype: 'bfloat16' }, [0, 1, 2], 224)
    t.true(rounded.data instanceof Float32Array)
    t.deepEqual(rounded.shape, exact.shape)
    const cosine = leastCosine(exact, rounded)
    t.true(cosine >= 0.9995, `${JSON.stringify(kind)}: ${cosine}`)
    t.true(largestDifference(exact, rounded) > 1e-4, 'computed in bfloat16')
  }
})
