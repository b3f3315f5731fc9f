/** `stego correspond` with the package behind it scripted. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { Api } from '../../lib/cli/command.js'
import { dispatch } from '../../lib/cli/dispatch.js'
import { Correspondence } from '../../lib/correspond/correspond.js'
import { temporaryFolder } from '../support/dataset.js'
import { fakeApi } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

async function stego(api: Api, args: string[]) {
  const { terminal, stdout, stderr } = recordingTerminal()
  const code = await dispatch(['correspond', ...args], { terminal, api, cwd: '.' })
  return { code, stdout: stdout(), stderr: stderr() }
}

/** One point over a picture of 3 x 2, hottest at its right end below. */
function found(other: string | null): Correspondence {
  const image = { data: new Uint8Array(18), width: 3, height: 2 }
  const heat = { data: Float32Array.of(0, 0.25, 0, 0.25, 0, 0.5), shape: [1, 2, 3] }
  return new Correspondence({
    image,
    other: other === null ? null : image,
    maps: { self: heat, other: other === null ? null : heat },
    at: [[0.5, -1]],
    on: 'codes',
    subtractMean: true,
    source: 'a.jpg',
    device: 'cpu',
    otherSource: other,
  })
}

const inspection = (kind: 'model' | 'backbone') =>
  (async (path) => ({
    kind,
    path,
    format: 'safetensors',
    layout: null,
    backbone: null,
    assumed: [],
    values: null,
    problem: null,
    bytes: 1,
    metadata: {},
    tensors: [],
    model: null,
  })) as Api['inspectWeights']

test('points, pictures and flags go to the model, and the figure is written', async (t) => {
  const folder = await temporaryFolder(t)
  const weights = join(folder, 'model.safetensors')
  await writeFile(weights, '')
  const out = join(folder, 'figures', 'one.png')
  const calls: unknown[][] = []
  const api = fakeApi({
    inspectWeights: inspection('model'),
    model: {
      correspond: async (...call) => {
        calls.push(call)
        return found('b.jpg')
      },
    },
  })
  const flags = ['--at', '-0.1,0', '--at', '-.5,1', '--at=0,-1', '--on', 'codes', '--resolution', '64']
  const { code, stdout, stderr } = await stego(api, [weights, 'a.jpg', 'b.jpg', ...flags, '--out', out])
  t.is(code, 0, stderr)
  t.is(stdout, `${out}\n`)
  t.true(existsSync(out))
  const [image, other, options] = calls[0]!
  t.deepEqual([image, other], ['a.jpg', 'b.jpg'])
  const { signal, ...rest } = options as Record<string, unknown>
  t.true(signal instanceof AbortSignal)
  const at = [
    [-0.1, 0],
    [-0.5, 1],
    [0, -1],
  ]
  t.deepEqual(rest, { at, on: 'codes', resolution: 64 })

  const json = await stego(api, [weights, 'a.jpg', 'b.jpg', '--out', out, '--json'])
  t.deepEqual(JSON.parse(json.stdout), {
    image: 'a.jpg',
    other: 'b.jpg',
    on: 'codes',
    device: 'cpu',
    file: out,
    points: [{ at: [0.5, -1], match: [1, 1], heat: 0.5 }],
  })
  t.is((calls[1]![2] as { at: unknown }).at, undefined)
})

test('a plain backbone, by name or by file, needs no model', async (t) => {
  const folder = await temporaryFolder(t)
  const weights = join(folder, 'vit.safetensors')
  await writeFile(weights, '')
  const calls: unknown[][] = []
  const api = fakeApi({
    inspectWeights: inspection('backbone'),
    correspondFeatures: async (...call) => {
      calls.push(call)
      return found(null)
    },
  })
  const out = join(folder, 'figure.png')
  t.is((await stego(api, ['starter', 'a.jpg', '--out', out])).code, 0)
  t.is((await stego(api, [weights, 'a.jpg', 'b.jpg', '--on', 'features', '--out', out])).code, 0)
  t.deepEqual(
    calls.map((call) => call.slice(0, 3)),
    [
      ['starter', 'a.jpg', null],
      [weights, 'a.jpg', 'b.jpg'],
    ],
  )
  const { code, stderr } = await stego(api, ['starter', 'a.jpg', '--on', 'codes', '--out', out])
  t.is(code, 2)
  t.regex(stderr, /--on codes needs a trained model, and starter is a plain backbone\./)
})

test('usage errors', async (t) => {
  const cases: [args: string[], message: RegExp][] = [
    [['starter'], /expected a run folder, checkpoint or backbone, then one or two images/],
    [['starter', 'a', 'b', 'c'], /one or two images, got "starter" "a" "b" "c"/],
    [['starter', 'a.jpg', '--at', '2,0'], /--at must be x,y with both from -1 to 1, got "2,0"/],
    [['starter', 'a.jpg', '--at', '0'], /got "0"/],
    [['starter', 'a.jpg', '--at', '0,'], /got "0,"/],
    [['starter', 'a.jpg', '--at', '--on'], /--at needs a value: a point such as 0\.5,-0\.2/],
    [['starter', 'a.jpg', '--on', 'pixels'], /--on must be "features" or "codes", got "pixels"/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await stego(fakeApi({}), args)
    t.is(code, 2, args.join(' '))
    t.is(stdout, '')
    t.regex(stderr, message)
  }
})
