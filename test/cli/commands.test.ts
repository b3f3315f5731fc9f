/** What the commands do with the package behind them, which is scripted here. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import type { Api } from '../../lib/cli/command.js'
import { dispatch } from '../../lib/cli/dispatch.js'
import { Segmentation } from '../../lib/output/segmentation.js'
import { shellWord } from '../../lib/output/words.js'
import type { TrainOptions } from '../../lib/training/input.js'
import { freeRunFolder } from '../../lib/training/run-folder.js'
import { fakeApi, scripted, startEvent, stepEvent } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

// Commands listen for signals, and tests run at the same time.
process.setMaxListeners(50)

async function stego(api: Api, args: string[], cwd = '.') {
  const { terminal, stdout, stderr } = recordingTerminal()
  const code = await dispatch(args, { terminal, api, cwd })
  return { code, stdout: stdout(), stderr: stderr() }
}

function temporaryFolder(t: { teardown: (undo: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'stego-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

const CHECKPOINT = { type: 'checkpoint', step: 500, path: 'runs/photos/checkpoints/500.safetensors' } as const
const END = { type: 'end', steps: 500, seconds: 160, contactSheet: 'runs/photos/report/contact.png' } as const
const SCORES = { miou: 26.6, accuracy: 63.2, iou: [26.6], confusion: [[1]], assignment: [0] }
const EVALUATION = {
  kmeans: SCORES,
  clusterProbe: null,
  linearProbe: null,
  baselineKmeans: { ...SCORES, miou: Number.NaN },
  baselineLinearProbe: null,
  images: 101,
  labeled: 101,
  split: 'val',
}
const VALIDATION = { type: 'validation', step: 500, evaluation: EVALUATION } as const

test('train hands over what was asked, names the run folder, and ends with the next command', async (t) => {
  let input: TrainOptions | undefined
  const api = fakeApi({
    train(given) {
      input = given
      return scripted(startEvent(), stepEvent(500), VALIDATION, CHECKPOINT, END)
    },
  })
  const args = ['train', '--data', './photos', '--classes', '11', '--weights.knn', '.5', '--no-zero-clamp']
  const { code, stdout, stderr } = await stego(api, args, temporaryFolder(t))
  t.is(code, 0)
  t.is(input!.data, './photos')
  t.is(input!.classes, 11)
  t.deepEqual(input!.weights, { self: 0.67, knn: 0.5, random: 0.63 })
  t.is(input!.zeroClamp, false)
  t.is(input!.out, join('runs', 'photos'))
  t.true(input!.signal instanceof AbortSignal)
  t.false('json' in input!)
  t.regex(stderr, /run folder: runs.photos/)
  t.regex(stderr, /does not replace DINO/)
  t.regex(stdout, /26\.60 %/)
  t.regex(stdout, /model: runs\/photos\/checkpoints\/500\.safetensors\n/)
  t.regex(stdout, /contact sheet: runs\/photos\/report\/contact\.png\n/)
  t.regex(stdout, /next: stego segment runs.photos <image or folder> --out segmented\n$/)
})

test('train --json prints each event as a line, and nothing else, on stdout', async (t) => {
  const events = [startEvent(), stepEvent(1), stepEvent(500), CHECKPOINT, END]
  const api = fakeApi({ train: () => scripted(...events) })
  const { stdout, stderr } = await stego(api, ['train', '--data', 'photos', '--json', '--out', 'x'])
  t.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    JSON.parse(JSON.stringify(events)),
  )
  t.regex(stderr, /next: stego segment x /)
})

test('--quiet leaves results and errors', async (t) => {
  const events = [startEvent(), stepEvent(1), stepEvent(500), VALIDATION, CHECKPOINT, END]
  const args = ['train', '--data', 'photos', '--out', 'x', '--quiet']
  const { code, stdout, stderr } = await stego(fakeApi({ train: () => scripted(...events) }), args)
  t.is(code, 0)
  t.is(stderr, '')
  t.regex(stdout, /model: runs/)
  const api = fakeApi({
    async *train() {
      yield startEvent()
      throw new Error('no space left')
    },
  })
  t.regex((await stego(api, args)).stderr, /^stego: no space left\n/)
  const unknown = await stego(fakeApi({}), ['inspect', 'x', '--quiet'])
  t.regex(unknown.stderr, /unknown flag --quiet/)
})

test('mistakes in a configuration file are named by key, those in flags by flag', async (t) => {
  const config = join(temporaryFolder(t), 'mine.yaml')
  writeFileSync(config, 'clases: 8\nbatch: 1\nsteps: 7\n')
  const { code, stderr } = await stego(fakeApi({}), [
    ...['train', '--data', 'photos', '--config', config, '--steps', '0'],
  ])
  t.is(code, 2)
  t.true(stderr.includes(`"batch" in ${config} must be an integer of at least 2, got 1`))
  t.true(stderr.includes(`unknown option "clases" in ${config}. Did you mean "classes"?`))
  t.true(stderr.includes('--steps must be an integer of at least 1, got 0'))
})

test('train --resume hands over the run and only what changes', async (t) => {
  let input: TrainOptions | undefined
  const api = fakeApi({
    train(given) {
      input = given
      return scripted(startEvent(), END)
    },
  })
  await stego(api, ['train', '--resume', 'runs/a', '--steps', '900'])
  const { signal: _, onProgress: __, ...rest } = input!
  t.deepEqual(rest, { resume: 'runs/a', device: undefined, steps: 900 })
})

test('a run without a folder of its own takes the first free name', (t) => {
  const folder = temporaryFolder(t)
  t.is(freeRunFolder(folder, 'data/photos/'), join('runs', 'photos'))
  mkdirSync(join(folder, 'runs', 'photos'), { recursive: true })
  mkdirSync(join(folder, 'runs', 'photos-2'))
  t.is(freeRunFolder(folder, '../photos'), join('runs', 'photos-3'))
})

test('a training that fails is told as it is', async (t) => {
  const api = fakeApi({
    async *train() {
      yield startEvent()
      throw new Error('no space left')
    },
  })
  const { code, stderr } = await stego(api, ['train', '--data', 'photos', '--out', 'x'])
  t.is(code, 1)
  t.regex(stderr, /stego: no space left\n/)
})

test('evaluate --json prints one object, null where there is no score', async (t) => {
  let options: unknown
  const api = fakeApi({
    model: {
      evaluate: async (given) => {
        options = given
        return EVALUATION
      },
    },
  })
  const args = ['evaluate', 'run', '--data', 'photos', '--split', 'test', '--no-flip', '--json']
  const { code, stdout } = await stego(api, args)
  t.is(code, 0)
  const { signal: _, ...asked } = options as Record<string, unknown>
  t.deepEqual(asked, {
    data: 'photos',
    split: 'test',
    dataset: null,
    classMap: null,
    ignoreLabel: null,
    recursive: true,
    maxPixels: 100_000_000,
    bands: null,
    range: null,
    onBadImage: 'fail',
    crops: null,
    cropRatio: 0.5,
    resolution: 320,
    fit: 'center',
    flip: false,
    crf: false,
    batch: 8,
    matching: 'one-to-one',
    official: false,
    temperature: 2,
  })
  const scores = JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
  t.is(scores.kmeans.miou, 26.6)
  t.is(scores.kmeans.accuracy, 63.2)
  t.is(scores.clusterProbe, null)
  t.is(scores.baselineKmeans.miou, null)
})

test('evaluate prints a table for people', async (t) => {
  const api = fakeApi({ model: { evaluate: async () => EVALUATION } })
  const { stdout } = await stego(api, ['evaluate', 'run', '--data', 'photos'])
  t.regex(stdout, /Clusters \(k-means\) +26\.60 % +63\.20 %/)
})

test('segment writes a picture for each image, also where names repeat', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'photos', 'more'), { recursive: true })
  for (const name of ['street.jpg', 'more/field.png']) writeFileSync(join(folder, 'photos', name), '')
  const segmentation = (source: string) =>
    new Segmentation({
      image: { data: new Uint8Array(12), width: 2, height: 2 },
      labels: Uint8Array.of(0, 1, 1, 1),
      classes: 2,
      head: 'kmeans',
      source,
    })
  let options: unknown
  const api = fakeApi({
    model: {
      segment: async (image, given) => {
        options = given
        return segmentation(String(image))
      },
    },
  })
  const out = join(folder, 'out')
  const words = ['segment', 'run', 'a/street.jpg', join(folder, 'photos')]
  const args = [...words, '--out', out, '--style', 'index', '--labels', 'clusterProbe']
  const { code, stdout } = await stego(api, args)
  t.is(code, 0)
  const { signal: _, ...asked } = options as Record<string, unknown>
  t.deepEqual(asked, {
    crf: false,
    resolution: 320,
    flip: true,
    labels: 'clusterProbe',
    maxPatches: 12_800,
    maxPixels: 100_000_000,
    bands: null,
    range: null,
  })
  const files = ['street.index.png', 'more/field.index.png', 'street-2.index.png'].map((name) =>
    join(out, name),
  )
  t.deepEqual(stdout.trimEnd().split('\n'), files)
  for (const file of files) t.true(existsSync(file), file)

  const json = await stego(api, ['segment', 'run', 'a/street.jpg', '--out', out, '--json'])
  t.deepEqual(JSON.parse(json.stdout), {
    image: 'a/street.jpg',
    file: join(out, 'street.overlay.png'),
    width: 2,
    height: 2,
    labels: 'kmeans',
    areas: [0.25, 0.75],
    classNames: null,
    device: 'cpu',
  })
})

function halves(source: string): Segmentation {
  return new Segmentation({
    image: { data: new Uint8Array(12), width: 2, height: 2 },
    labels: Uint8Array.of(0, 1, 1, 1),
    classes: 3,
    classNames: ['road', 'sky, "blue"', 'car'],
    head: 'linearProbe',
    source,
  })
}

const segmenting = () =>
  fakeApi({
    model: {
      segment: async (image) => halves(String(image)),
      async *segmentAll() {
        yield halves('photos/street.jpg')
        yield halves('photos/field.png')
      },
    },
  })

test('segment --areas writes a row per image and cluster, and a summary ends the run', async (t) => {
  const folder = temporaryFolder(t)
  const areas = join(folder, 'tables', 'areas.csv')
  const args = ['segment', 'run', 'a.jpg', 'b.jpg', '--out', folder, '--areas', areas]
  const { code, stdout, stderr } = await stego(segmenting(), args)
  t.is(code, 0)
  t.is(stdout.trimEnd().split('\n').length, 2)
  t.is(
    readFileSync(areas, 'utf8'),
    [
      'image,cluster,name,pixels,share',
      ...['a.jpg', 'b.jpg'].flatMap((image) => [
        `${image},0,road,1,0.25`,
        `${image},1,"sky, ""blue""",3,0.75`,
        `${image},2,car,0,0`,
      ]),
      '',
    ].join('\n'),
  )
  t.is(
    stderr,
    'clusters by their share of 2 images:\n    1  sky, "blue"   75.0 %\n    0  road          25.0 %\n',
  )
})

test('segment writes other formats, and exactly the file that is named', async (t) => {
  const folder = temporaryFolder(t)
  const segment = (...args: string[]) => stego(segmenting(), ['segment', 'run', ...args])
  const formatOf = async (file: string) => (await sharp(file).metadata()).format
  for (const [format, extension] of [
    ['jpeg', 'jpg'],
    ['webp', 'webp'],
    ['png', 'png'],
  ] as const) {
    const { stdout } = await segment('a.tif', '--out', folder, '--format', format)
    t.is(stdout, `${join(folder, `a.overlay.${extension}`)}\n`)
    t.is(await formatOf(stdout.trimEnd()), format)
  }
  const named = join(folder, 'deep', 'mine.JPEG')
  t.is((await segment('a.tif', '--out', named)).stdout, `${named}\n`)
  t.is(await formatOf(named), 'jpeg')
  const index = join(folder, 'mine.png')
  await segment('a.tif', '--out', index, '--style', 'index')
  const { width, height } = await sharp(index).metadata()
  t.deepEqual([width, height], [2, 2])

  const refused: [args: string[], message: RegExp][] = [
    [['a.tif', 'b.tif', '--out', named], /is one file, but .* 2 images\. Pass a folder/],
    [[folder, '--out', named], /is a folder\. Pass a folder/],
    [['a.tif', '--out', named, '--format', 'png'], /different formats/],
    [
      ['a.tif', '--style', 'index', '--format', 'webp'],
      /--style index keeps class indices, which are lost when webp/,
    ],
    [['a.tif', '--style', 'palette', '--out', named], /Write it as PNG/],
  ]
  for (const [args, message] of refused) {
    const { code, stderr } = await segment(...args)
    t.is(code, 2, args.join(' '))
    t.regex(stderr, message)
  }
})

test('segment draws a legend below overlays unless told not to', async (t) => {
  const folder = temporaryFolder(t)
  const sizeOf = async (...args: string[]) => {
    await stego(segmenting(), ['segment', 'run', 'a.jpg', '--out', join(folder, 'a.png'), ...args])
    const { width, height } = await sharp(join(folder, 'a.png')).metadata()
    return [width!, height!] as const
  }
  t.true((await sizeOf())[1] > 10)
  t.deepEqual(await sizeOf('--no-legend'), [2, 2])
  t.deepEqual(await sizeOf('--style', 'palette'), [2, 2])
})

test('inspect says what a file is, and lists tensors when asked', async (t) => {
  const api = fakeApi({
    inspectWeights: async (path) => ({
      kind: 'backbone',
      path: String(path),
      format: 'torch',
      layout: 'dino',
      backbone: {
        dim: 192,
        depth: 12,
        patch: 8,
        grid: 28,
        parameters: 5e6,
        heads: 3,
        headsFrom: 'width',
        normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], range: 1 },
      },
      assumed: [],
      bytes: 2048,
      metadata: { made: 'by hand' },
      values: {},
      problem: null,
      model: null,
      tensors: [{ name: 'cls_token', dtype: 'float16', shape: [1, 1, 192] }],
    }),
  })
  const short = await stego(api, ['inspect', 'w.pth'])
  t.regex(
    short.stdout,
    /^file +w\.pth, 2\.0 KiB\nkind +a backbone, .*\nbackbone +192 wide, 12 blocks, patch 8, .*224 x 224\nheads +3, assumed.*\npixels .*mean 0\.5 0\.5 0\.5.*\nmade +by hand\ntensors +1, /,
  )
  t.notRegex(short.stdout, /cls_token/)
  t.regex(
    (await stego(api, ['inspect', 'w.pth', '--tensors'])).stdout,
    /cls_token +float16 +\[1, 1, 192\]\n$/,
  )
  t.is(JSON.parse((await stego(api, ['inspect', 'w.pth', '--json'])).stdout).tensors[0].dtype, 'float16')
})

test('demo hands its flags over and says what came out', async (t) => {
  const asked: { folder: unknown; classes: unknown; out: string; seed: unknown }[] = []
  const result = { run: 'x/run', model: 'x/model', contactSheet: 'x/sheet.png', evaluation: null }
  const api = fakeApi({
    runDemo: async (options) => {
      const { folder, classes, out, seed } = options
      asked.push({ folder, classes, out, seed })
      return result
    },
  })
  t.regex((await stego(api, ['demo'])).stdout, /contact sheet: x\/sheet\.png/)
  const flags = ['./photos', '--classes', '6', '--seed', '3', '--out', 'x', '--json']
  t.deepEqual(JSON.parse((await stego(api, ['demo', ...flags])).stdout), result)
  t.regex(asked[0]!.out, /^runs.demo(-\d+)?$/)
  t.deepEqual({ ...asked[0], out: '' }, { folder: null, classes: null, out: '', seed: 0 })
  t.deepEqual(asked[1], { folder: './photos', classes: 6, out: 'x', seed: 3 })
})

test('paths are quoted where a shell would break them', (t) => {
  t.is(shellWord('runs/photos-2'), 'runs/photos-2')
  if (process.platform !== 'win32') t.is(shellWord("it's mine"), "'it'\\''s mine'")
})
