/** Correspondences through the package's surface; their numbers are in test/native/correspond.test.ts. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { correspondFeatures } from '../../lib/correspond/index.js'
import { type CorrespondOptions, Stego } from '../../lib/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'

async function makeModel(t: ExecutionContext) {
  const data = await makeDataset(t, { train: 3 })
  const model = await Stego.train({ ...SMALL, steps: 1, data })
  return { model, path: (name: string) => join(data, 'imgs', 'train', `${name}.png`) }
}

/** Colored stripes, so that places differ. */
const striped = (width: number, height: number) => ({
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (((i * 37) % 251) + i / 99) % 256),
  width,
  height,
  channels: 3 as const,
})

test('heat has the size of the picture that was searched, for pictures of any size', async (t) => {
  const { model, path } = await makeModel(t)
  for (const [width, height] of [
    [50, 37],
    [16, 200],
    [1, 1],
  ] as const) {
    for (const on of ['features', 'codes'] as const) {
      const found = await model.correspond(path('00'), striped(width, height), { on, resolution: 32 })
      t.deepEqual(found.shape, [3, height, width])
      t.is(found.data.length, 3 * height * width)
      t.deepEqual(found.self.shape, [3, 48, 64])
      t.true(found.data.every((value) => value >= 0 && value < 2))
      t.deepEqual([found.image.width, found.other!.width], [64, width])
      t.is(found.on, on)
    }
  }
})

test('alone, with null and with itself are the same', async (t) => {
  const { model, path } = await makeModel(t)
  const options = { at: [[0.2, -0.3]], resolution: 32 } as const
  const alone = await model.correspond(path('00'), null, options)
  const same = await model.correspond(path('00'), path('00'), options)
  t.deepEqual(same.data, alone.data)
  t.deepEqual([alone.other, same.other], [null, null])
  t.deepEqual(alone.self, { data: alone.data, shape: alone.shape })
  t.deepEqual([same.source, same.otherSource], [path('00'), null])
})

test('a point matches itself best, and by default the three official points are asked', async (t) => {
  const { model, path } = await makeModel(t)
  const found = await model.correspond(path('00'), null, { resolution: 64, subtractMean: false })
  t.deepEqual(found.at, [
    [-0.1, 0],
    [0.5, 0.8],
    [-0.7, -0.7],
  ])
  // On the patch grid, a place corresponds to itself with cosine 1 and to no other.
  const grid = { resolution: 48, subtractMean: false, at: [[-1, 1]] } as const
  for (const on of ['features', 'codes'] as const) {
    const [match] = (await model.correspond(path('00'), null, { ...grid, on })).matches()
    t.deepEqual(match!.at, [-1, 1])
    t.true(Math.abs(match!.heat - 1) < 1e-5)
  }
})

test('features of a plain backbone are those of the model trained on it', async (t) => {
  const { model, path } = await makeModel(t)
  const plain = await correspondFeatures('starter', path('00'), path('01'), { resolution: 32 })
  const trained = await model.correspond(path('00'), path('01'), { resolution: 32 })
  t.deepEqual(plain.data, trained.data)
  await t.throwsAsync(correspondFeatures('strater', path('00')), { code: 'ERR_STEGO_BACKBONE' })
})

test('the figure is written whole, as PNG, with a panel more for another picture', async (t) => {
  const { model, path } = await makeModel(t)
  const folder = await temporaryFolder(t)
  const found = await model.correspond(path('00'), path('01'), { resolution: 32 })
  const file = join(folder, 'new', 'figure.png')
  await found.toFile(file)
  const { format, width } = await sharp(file).metadata()
  t.deepEqual({ format, width }, { format: 'png', width: 1536 })
  await t.throwsAsync(found.toFile(join(folder, 'figure.jpg')), {
    code: 'ERR_STEGO_OPTION',
    message: /Use the extension \.png/,
  })
  t.false(existsSync(join(folder, 'figure.jpg')))
  await t.throwsAsync(found.toFile(''), { code: 'ERR_STEGO_OPTION' })
})

test('wrong options say what is expected', async (t) => {
  const { model, path } = await makeModel(t)
  const cases: [options: unknown, code: string, message: RegExp][] = [
    [{ at: [[0, 1.5]] }, 'ERR_STEGO_OPTION', /both from -1 to 1, got \[0,1\.5\]/],
    [{ at: [[0, 0], undefined] }, 'ERR_STEGO_OPTION', /got undefined/],
    [{ at: [[0, Number.NaN]] }, 'ERR_STEGO_OPTION', /both from -1 to 1/],
    [{ at: [0, 0] }, 'ERR_STEGO_OPTION', /got 0/],
    [{ at: [] }, 'ERR_STEGO_OPTION', /1 to 1024 points, got 0/],
    [{ at: 'middle' }, 'ERR_STEGO_OPTION', /"at" must be a list of points \[x, y\], got "middle"/],
    [{ on: 'pixels' }, 'ERR_STEGO_OPTION', /"on" must be "features" or "codes", got "pixels"/],
    [{ points: [[0, 0]] }, 'ERR_STEGO_OPTION', /unknown option "points"/],
    [{ resolution: 33 }, 'ERR_STEGO_SIZE', /multiple of the backbone's patch of 8/],
  ]
  for (const [options, code, message] of cases) {
    await t.throwsAsync(model.correspond(path('00'), null, options as CorrespondOptions), { code, message })
  }
  await t.throwsAsync(model.correspond(path('nowhere')), { code: 'ERR_STEGO_DATA_MISSING' })
  const reason = new Error('enough')
  await t.throwsAsync(model.correspond(path('00'), null, { signal: AbortSignal.abort(reason) }), {
    is: reason,
  })
  model.dispose()
  for (const on of ['features', 'codes'] as const) {
    await t.throwsAsync(model.correspond(path('00'), null, { on, resolution: 32 }), {
      code: 'ERR_STEGO_DISPOSED',
    })
  }
})
