/** The command line on the real package: a few small images, two steps, and all that follows. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import sharp from 'sharp'
import { COMMANDS } from '../../lib/cli/commands.js'
import { makeDataset, temporaryFolder } from '../support/dataset.js'

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))
const SMALL = [
  '--backbone',
  'starter',
  '--classes',
  '8',
  '--batch',
  '2',
  '--steps',
  '2',
  '--resolution',
  '32',
  '--validation-resolution',
  '32',
  '--kmeans-restarts',
  '1',
]
const RUN = join('runs', 'photos')

async function stego(cwd: string, ...args: string[]) {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN, ...args], { cwd })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  const lines = stdout.trimEnd().split('\n')
  return { code, stderr, lines, objects: () => lines.map((line) => JSON.parse(line)) }
}

test('train, evaluate, segment, resume', async (t) => {
  const cwd = await temporaryFolder(t)
  await rename(await makeDataset(t, { train: 4, val: 2 }), join(cwd, 'photos'))

  const trained = await stego(cwd, 'train', '--data', 'photos', ...SMALL, '--json')
  t.is(trained.code, 0, trained.stderr)
  const types = trained.objects().map((event) => event.type)
  t.is(types[0], 'start')
  t.is(types.filter((type) => type === 'step').length, 2)
  t.is(types.at(-1), 'end')
  t.regex(trained.stderr, /next: stego segment runs.photos /)

  const data = ['--data', 'photos', '--resolution', '32']
  const evaluated = await stego(cwd, 'evaluate', RUN, ...data, '--split', 'val', '--json')
  t.is(evaluated.code, 0, evaluated.stderr)
  const scores = evaluated.objects().at(-1)
  for (const head of ['kmeans', 'clusterProbe', 'linearProbe', 'baselineKmeans', 'baselineLinearProbe']) {
    for (const score of ['miou', 'accuracy']) {
      t.true(scores[head][score] >= 0 && scores[head][score] <= 100, `${head} ${score}`)
    }
  }

  const images = join('photos', 'imgs', 'val')
  const flags = ['--resolution', '32', '--no-legend', '--out', 'out']
  const segmented = await stego(cwd, 'segment', RUN, images, ...flags)
  t.is(segmented.code, 0, segmented.stderr)
  t.deepEqual(
    segmented.lines,
    ['00', '01'].map((name) => join('out', `${name}.overlay.png`)),
  )
  const { width, height } = await sharp(join(cwd, segmented.lines[0]!)).metadata()
  t.deepEqual([width, height], [64, 48])

  await rename(join(cwd, 'photos'), join(cwd, 'moved'))
  const resumed = await stego(cwd, 'train', '--resume', RUN, '--steps', '3', '--data', 'moved', '--json')
  t.is(resumed.code, 0, resumed.stderr)
  const steps = resumed.objects().filter((event) => event.type === 'step')
  t.deepEqual(
    steps.map((event) => event.step),
    [3],
  )
  t.is((await stego(cwd, 'inspect', RUN, '--json')).objects()[0].model.step, 3)

  const again = await stego(cwd, 'train', '--data', 'moved', ...SMALL, '--out', RUN)
  t.is(again.code, 1)
  t.regex(again.stderr, /\[ERR_STEGO_RUN\]\n$/)
})

test('every other command, once, on real images', async (t) => {
  const cwd = await temporaryFolder(t)
  await rename(await makeDataset(t, { train: 4, val: 2 }), join(cwd, 'photos'))
  const image = join('photos', 'imgs', 'val', '00.png')
  const cache = { STEGO_CACHE: join(cwd, 'cache') }
  const done = async (...args: string[]) => {
    const { code, stderr, ...rest } = await stego(cwd, ...args)
    t.is(code, 0, `${args.join(' ')}: ${stderr}`)
    return rest
  }
  const features = ['--data', 'photos', '--backbone', 'starter', '--resolution', '32']
  Object.assign(process.env, cache)
  t.teardown(() => {
    delete process.env.STEGO_CACHE
  })

  const built = (await done('features', 'build', ...features, '--json')).objects().at(-1)
  t.deepEqual([built.images, built.computed], [4, 4])
  t.is((await done('features', 'list', '--json')).objects()[0].length, 1)
  t.is((await done('features', 'remove', '--all', '--json')).objects().length, 1)
  t.deepEqual((await done('features', 'list', '--json')).objects(), [[]])

  await done('neighbors', ...features, '--k', '2', '--out', 'neighbors.safetensors', '--json')
  t.true(existsSync(join(cwd, 'neighbors.safetensors')))

  await done('correspond', 'starter', image, '--resolution', '32', '--out', 'figure.png')
  t.true((await sharp(join(cwd, 'figure.png')).metadata()).width > 64)

  const cropped = (
    await done('crop', '--data', 'photos', '--out', 'crops', '--crops', 'five', '--json')
  ).objects()[0]
  t.is(cropped.splits.find(({ name }: { name: string }) => name === 'train').crops, 20)

  const demo = (await done('demo', join('photos', 'imgs', 'train'), '--classes', '3', '--json'))
    .objects()
    .at(-1)
  t.true(existsSync(resolve(cwd, demo.model)))

  const converted = (await done('convert', demo.run, 'model.safetensors', '--json')).objects()[0]
  t.is(converted.kind, 'model')
  t.is((await done('inspect', 'model.safetensors', '--json')).objects()[0].model.classes, 3)

  t.deepEqual((await done('doctor', '--json')).objects().at(-1).problems, [])
})

test('every command has its happy path here', (t) => {
  const source = readFileSync(fileURLToPath(import.meta.url), 'utf8')
  for (const { name } of COMMANDS) t.regex(source, new RegExp(`(stego\\(cwd, |done\\()'${name}'`), name)
})
