import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { Tensor, TensorData } from '../../lib/native/index.js'
import { readTensors, writeTensors } from '../support/weights.js'
import { goldenFiles, topicOf } from './files.js'
import { compareFile } from './registry.js'
import { compareFolder, formatSummary, type Summary } from './report.js'

const GOLDEN = fileURLToPath(new URL('../golden', import.meta.url))
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

const golden = (topic: string) => path.join(GOLDEN, 'stego', `${topic}.safetensors`)

for (const file of goldenFiles(GOLDEN)) {
  test.serial(`the official code: ${topicOf(file)}`, async (t) => {
    const { passed, worstKey, worstError, worstShare, reasons } = await compareFile(file, GOLDEN)
    t.true(passed, reasons.join('; '))
    t.log(
      `${worstKey}: ${worstError!.toExponential(1)}, ${(100 * worstShare!).toFixed(1)} % of the tolerance`,
    )
  })
}

type Tensors = Record<string, Tensor<TensorData>>

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'stego-parity-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Writes tensors as the recorded file of this topic, in a folder of its own. */
async function write(t: ExecutionContext, topic: string, tensors: Tensors): Promise<string> {
  const file = path.join(temporaryFolder(t), `${topic}.safetensors`)
  await writeTensors(file, tensors, {})
  return file
}

/** Compares a changed copy of a recorded file; what else it needs is found among the recorded ones. */
async function compareChanged(t: ExecutionContext, topic: string, change: (tensors: Tensors) => void) {
  const tensors = await readTensors(golden(topic))
  change(tensors)
  return compareFile(await write(t, topic, tensors), GOLDEN)
}

/** Adds to one value, at least one unit where values are whole. */
function shift({ data }: Tensor<TensorData>, by: number): void {
  const place = Math.floor(data.length * 0.4)
  if (data instanceof BigInt64Array) data[place]! += 1n
  else if (data instanceof Float32Array || data instanceof Float64Array) data[place]! += by
  else data[place]! ^= 1
}

const changes: [what: string, topic: string, key: string, by: number][] = [
  ['a feature', 'vit_p16_d24', 'feat', 3e-5],
  ['a loss', 'corr_loss_full', 'total', 2e-5],
  ['a correspondence', 'corr_helper_s5', 'cd', 2e-5],
  ['a gradient', 'cluster_lookup', 'gx_a2', 1e-4],
  ['a parameter after the last step', 'train_trace_3steps', 's2.after.cluster_probe.clusters', 2e-5],
  ['a score', 'metrics_linear_27', 'mIoU', 1e-3],
  ['a prepared pixel', 'preprocess', 'out2', 1e-5],
  ['a byte', 'preprocess', 'unnorm_u8_3', 1],
  ['a count', 'metrics_hungarian_6_absent', 'stats', 1],
  ['a neighbor', 'knn', 'top30', 1],
  ['an index', 'nearest', 'src_512_to_320', 1],
]
for (const [what, topic, key, by] of changes) {
  test.serial(`${what} that is off fails its file`, async (t) => {
    t.true((await compareChanged(t, topic, () => {})).passed, 'an unchanged copy passes')
    const { passed, reasons } = await compareChanged(t, topic, (tensors) => shift(tensors[key]!, by))
    t.false(passed)
    t.is(reasons.length, 1)
    t.regex(reasons[0]!, new RegExp(`^${key} (is off by|has \\d wrong value)`))
  })
}

test.serial('an input that is off fails its file', async (t) => {
  const { passed } = await compareChanged(t, 'dino_featurizer', ({ in: input }) => shift(input!, 0.1))
  t.false(passed)
})

test.serial('a value that is not a number fails its file', async (t) => {
  const recorded = await compareChanged(t, 'sample', ({ out }) => shift(out!, Number.NaN))
  t.deepEqual(recorded.reasons, [
    'out holds a value that is not finite',
    'out is off by NaN, allowed 0.00001',
  ])
  t.is(recorded.maxError.loss, null)
  t.is(recorded.worstKey, 'out')
})

test.serial('a key that is missing fails its file', async (t) => {
  const input = await compareChanged(t, 'sample', (tensors) => delete tensors.t)
  t.deepEqual([input.passed, input.reasons], [false, ['t is missing']])
  const output = await compareChanged(t, 'corr_helper_s5', (tensors) => delete tensors.gwc2_pw1_zc0_st1)
  t.deepEqual([output.passed, output.reasons], [false, ['gwc2_pw1_zc0_st1 is missing']])
  const weight = await compareChanged(t, 'vit_p16_d24', (tensors) => delete tensors['state.norm.bias'])
  t.deepEqual([weight.passed, weight.reasons], [false, ['state.norm.bias is missing']])
})

test.serial('a key nobody knows, another type and another shape fail their file', async (t) => {
  const extra = await compareChanged(t, 'sample', (tensors) => {
    tensors.grad_coords = tensors.coords!
  })
  t.deepEqual([extra.passed, extra.reasons], [false, ['grad_coords is not a key of this file']])
  const type = await compareChanged(t, 'sample', (tensors) => {
    tensors.t = { data: Float64Array.from(tensors.t!.data as Float32Array), shape: tensors.t!.shape }
  })
  t.deepEqual([type.passed, type.reasons], [false, ['t is recorded as Float64Array']])
  const shape = await compareChanged(t, 'sample', ({ out }) => out!.shape.reverse())
  t.deepEqual(
    [shape.passed, shape.reasons],
    [false, ['out is recorded as [5,5,3,2] but comes out as [2,3,5,5]']],
  )
})

test.serial('neighbors may swap places only where they are equally near', async (t) => {
  const swap = async (item: number, a: bigint, b: bigint) => {
    const { passed } = await compareChanged(t, 'knn', ({ top30 }) => {
      const row = (top30!.data as BigInt64Array).subarray(item * 30, (item + 1) * 30)
      const [first, second] = [row.indexOf(a), row.indexOf(b)]
      t.true(first >= 0 && second >= 0)
      row[first] = b
      row[second] = a
    })
    return passed
  }
  const rows = (await readTensors(golden('knn'))).top30!.data as BigInt64Array
  t.true(await swap(3, 3n, 7n), 'identical vectors')
  t.false(await swap(0, rows[1]!, rows[29]!))
})

/** A recording of the counts [[5, 0, 0], [0, 3, 1], [0, 4, 2]], with two optimal assignments of value 10. */
function clusterRecording(assignment: number[], miou: number): Tensors {
  const stats = [
    [5, 0, 0],
    [0, 3, 1],
    [0, 4, 2],
  ]
  const pixels = stats.flatMap((row, cluster) =>
    row.flatMap((count, label) => Array.from({ length: count }, () => [cluster, label] as const)),
  )
  const long = (values: number[], shape = [values.length]) => ({
    data: BigInt64Array.from(values, BigInt),
    shape,
  })
  const ofDouble = (value: number) => ({ data: Float64Array.of(value), shape: [] })
  const histogram = [0, 1, 2].flatMap((label) => stats[assignment.indexOf(label)] ?? [])
  return {
    pred0: long(pixels.map(([cluster]) => cluster)),
    target0: long(pixels.map(([, label]) => label)),
    ...{ pred1: long([0]), target1: long([-1]), pred2: long([1]), target2: long([3]) },
    stats: long(stats.flat(), [3, 3]),
    assign_row: long([0, 1, 2]),
    assign_col: long(assignment),
    map_clusters_arange: long(assignment),
    histogram: { data: Float32Array.from(histogram), shape: [3, 3] },
    mIoU: ofDouble(miou),
    Accuracy: ofDouble((100 * 10) / 15),
  }
}

test.serial('any optimal assignment of clusters passes, others fail', async (t) => {
  const compare = async (assignment: number[], miou: number) =>
    compareFile(await write(t, 'metrics_hungarian_27', clusterRecording(assignment, miou)), GOLDEN)
  const straight = (100 * (1 + 3 / 8 + 2 / 7)) / 3
  const crossed = (100 * (1 + 4 / 9 + 1 / 6)) / 3
  t.deepEqual((await compare([0, 1, 2], straight)).reasons, [])
  t.deepEqual((await compare([0, 2, 1], crossed)).reasons, [])
  t.false((await compare([0, 1, 2], crossed)).passed)
  t.false((await compare([0, 2, 1], straight)).passed)
  t.false((await compare([1, 0, 2], straight)).passed)
})

test.serial('what a file needs is found beside it or anywhere below the folder', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(path.join(folder, 'traces'))
  copyFileSync(golden('train_trace_3steps'), path.join(folder, 'traces', 'train_trace_3steps.safetensors'))
  const alone = await compareFolder(folder)
  t.false(alone.passed)
  t.regex(
    alone.files['traces/train_trace_3steps']!.reasons[0]!,
    /^dino_featurizer\.safetensors, .* not found$/,
  )
  copyFileSync(golden('dino_featurizer'), path.join(folder, 'dino_featurizer.safetensors'))
  t.true((await compareFolder(folder)).passed)
})

test.serial('a name nobody knows and a damaged file fail, and the other files are compared', async (t) => {
  const folder = temporaryFolder(t)
  copyFileSync(golden('sample'), path.join(folder, 'sample.safetensors'))
  copyFileSync(golden('sample'), path.join(folder, 'samples.safetensors'))
  writeFileSync(path.join(folder, 'nearest.safetensors'), 'not a recording')
  const { status, stdout } = runMain(folder)
  t.is(status, 1)
  const { files, passed } = lastLine(stdout)
  t.false(passed)
  t.true(files.sample!.passed)
  t.deepEqual(files.samples!.reasons, ['no comparison is known for the name samples'])
  t.regex(files.nearest!.reasons[0]!, /is text of 15 bytes/)
  t.regex(stdout, /^samples .*FAIL/m)
  t.regex(stdout, /^1 of 3 files agree\.$/m)
})

test.serial('a run passes when all files do', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(path.join(folder, 'a'))
  copyFileSync(golden('sample'), path.join(folder, 'a', 'sample.safetensors'))
  const { status, stdout } = runMain(folder)
  t.is(status, 0)
  const { files, passed } = lastLine(stdout)
  t.true(passed)
  t.deepEqual(Object.keys(files), ['a/sample'])
  t.deepEqual(Object.keys(files['a/sample']!.maxError), ['loss', 'gradient'])
  t.regex(stdout, /^a\/sample .* ok$/m)
})

test.serial('a folder without files and one that does not exist fail', async (t) => {
  const empty = await compareFolder(temporaryFolder(t))
  t.false(empty.passed)
  t.regex(formatSummary(empty), /^FAIL: no \.safetensors file below /)
  const missing = runMain(path.join(temporaryFolder(t), 'nowhere'))
  t.is(missing.status, 1)
  t.regex(missing.stdout, /^FAIL: the folder cannot be read: ENOENT/)
  t.false(lastLine(missing.stdout).passed)
})

const runMain = (folder: string) =>
  spawnSync(process.execPath, ['--import=tsx', MAIN, folder], { encoding: 'utf8' })

const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Summary
