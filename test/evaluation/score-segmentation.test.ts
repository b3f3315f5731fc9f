import test from 'ava'
import { type LabelValues, scoreSegmentation } from '../../lib/evaluation/score-segmentation.js'
import { readGolden } from './golden.js'

const near = (a: number | null, b: number) => a !== null && Math.abs(a - b) < 0.01

function recorded(name: string) {
  const golden = readGolden(name)
  const [clusters, classes] = golden.stats!.shape as [number, number]
  const maps = (key: string) => [0, 1, 2].map((update) => Int32Array.from(golden[`${key}${update}`]!.values))
  return { golden, maps: { predictions: maps('pred'), labels: maps('target'), classes }, clusters }
}

test('metrics_linear_27: predicted classes', async (t) => {
  const { golden, maps } = recorded('metrics_linear_27')
  const { miou, confusion } = await scoreSegmentation(maps)
  t.true(near(miou, golden.mIoU!.values[0]!))
  t.deepEqual(confusion.flat(), golden.histogram!.values)
  t.true(near((await scoreSegmentation({ ...maps, official: true })).miou, golden.mIoU!.values[0]!))
})

test('extra clusters count, unlike officially, and are no class in the mean', async (t) => {
  // With the extra clusters counted and their class left in the mean the figures would be 49.03 and 46.42.
  for (const [name, official, counted] of [
    ['metrics_hungarian_5_extra3', 45.34688889980316, (49.03 * 6) / 5],
    ['metrics_hungarian_3_extra1', 51.10743045806885, (46.42 * 4) / 3],
  ] as const) {
    const { maps, clusters } = recorded(name)
    t.true(near((await scoreSegmentation({ ...maps, clusters })).miou, counted), name)
    t.true(near((await scoreSegmentation({ ...maps, clusters, official: true })).miou, official), name)
  }
})

test('one map or several, bytes or integers, give the same', async (t) => {
  const predictions = [0, 1, 1, 0, 2, 2]
  const labels = [0, 1, 0, 0, 2, 1]
  const whole = await scoreSegmentation({
    predictions: Uint8Array.from(predictions),
    labels: Int32Array.from(labels),
    classes: 3,
  })
  const parts = await scoreSegmentation({
    predictions: [Int32Array.from(predictions.slice(0, 2)), Int32Array.from(predictions.slice(2))],
    labels: [Uint8Array.from(labels.slice(0, 2)), Uint8Array.from(labels.slice(2))],
    classes: 3,
  })
  t.deepEqual(parts, whole)
  t.deepEqual(whole.confusion, [
    [2, 0, 0],
    [1, 1, 0],
    [0, 1, 1],
  ])
})

test('a true class that is void is not counted; a prediction outside the classes is wrong', async (t) => {
  const labels = Int32Array.of(0, 255, 1, 1, -7)
  const predictions = Int32Array.of(0, 1, -1, 2, 1)
  const scores = await scoreSegmentation({ predictions, labels, classes: 2 })
  t.deepEqual(scores.confusion, [
    [1, 0],
    [0, 0],
  ])
  t.deepEqual(scores.outside, [0, 2])
  t.deepEqual([scores.accuracy, scores.miou, scores.iou], [100 / 3, 50, [100, 0]])
  for (const none of [255, 7]) {
    const maps = {
      predictions: Uint8Array.of(0, 0, 1, none, none, none, none, none),
      labels: Uint8Array.of(0, 0, 1, 1, 1, 1, 1, 1),
      classes: 2,
    }
    t.is((await scoreSegmentation(maps)).accuracy, 37.5)
    t.is((await scoreSegmentation({ ...maps, clusters: 2 })).accuracy, 37.5)
    t.is((await scoreSegmentation({ ...maps, clusters: 2, matching: 'many-to-one' })).accuracy, 37.5)
    t.is((await scoreSegmentation({ ...maps, official: true })).accuracy, 100)
  }
  t.false('outside' in (await scoreSegmentation({ predictions: labels, labels, classes: 2 })))
})

test('clusters are matched one to one, or many to one where asked', async (t) => {
  const maps = { predictions: Uint8Array.of(0, 0, 1, 2, 2), labels: Uint8Array.of(1, 1, 0, 0, 0), classes: 2 }
  t.deepEqual((await scoreSegmentation({ ...maps, clusters: 3 })).assignment, [1, -1, 0])
  const { assignment, accuracy } = await scoreSegmentation({ ...maps, clusters: 3, matching: 'many-to-one' })
  t.deepEqual(assignment, [1, 0, 0])
  t.is(accuracy, 100)
})

test('empty maps have no scores', async (t) => {
  const { miou, accuracy } = await scoreSegmentation({ predictions: [], labels: [], classes: 2 })
  t.deepEqual([miou, accuracy], [null, null])
})

test('maps must be equally many and equally long', async (t) => {
  const map = new Uint8Array(4)
  await t.throwsAsync(() => scoreSegmentation({ predictions: [map, map], labels: [map], classes: 2 }), {
    code: 'ERR_STEGO_ARGUMENT',
    message: /got 2 and 1 maps/,
  })
  await t.throwsAsync(
    () => scoreSegmentation({ predictions: [map, map], labels: [map, new Uint8Array(3)], classes: 2 }),
    {
      code: 'ERR_STEGO_ARGUMENT',
      message: /got 4 and 3 pixels in map 2/,
    },
  )
})

test('wrong options are told', async (t) => {
  const map = new Uint8Array(4)
  const call = (input: object) => () =>
    scoreSegmentation({ predictions: map, labels: map, classes: 2, ...input } as {
      predictions: LabelValues
      labels: LabelValues
      classes: number
    })
  const cases: [object, RegExp][] = [
    [{ predictions: [0, 1] }, /"predictions" must be a Uint8Array or an Int32Array .* got an array of 2/],
    [{ labels: undefined }, /"labels" is missing/],
    [{ classes: 0 }, /"classes" must be an integer from 1 to 1024, got 0/],
    [{ cluster: 3 }, /Did you mean "clusters"\?/],
    [{ clusters: 2, official: true, matching: 'many-to-one' }, /official/],
  ]
  for (const [input, message] of cases)
    await t.throwsAsync(call(input), { code: 'ERR_STEGO_OPTION', message })
})
