/** The examples run as they stand, against the compiled package. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { Stego } from '../../lib/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const run = (name: string, args: string[]) =>
  promisify(execFile)(process.execPath, [join(EXAMPLES, name), ...args], { cwd: EXAMPLES })

test.serial('train-and-segment writes a picture of each image', async (t) => {
  const images = join(await makeDataset(t, { train: 3 }), 'imgs', 'train')
  const out = await temporaryFolder(t)
  const { stdout, stderr } = await run('train-and-segment.js', [
    ...[images, '--out', out, '--classes', '3', '--steps', '50', '--resolution', '32'],
  ])
  t.regex(stderr, /step 50: correspondence loss -?\d/)
  t.deepEqual(readdirSync(out).sort(), ['00.png.overlay.png', '01.png.overlay.png', '02.png.overlay.png'])
  t.is(stdout.trim().split('\n').length, 3)
  const { width, height } = await sharp(join(out, '00.png.overlay.png')).metadata()
  t.deepEqual([width, height], [64, 48])
})

/** A run folder, and the images it was trained on. */
async function trained(t: ExecutionContext): Promise<{ images: string; model: string }> {
  const data = await makeDataset(t, { train: 3 })
  const model = join(await temporaryFolder(t), 'run')
  ;(await Stego.train({ ...SMALL, data, out: model })).dispose()
  return { images: join(data, 'imgs', 'train'), model }
}

test.serial('class-areas and worker use a run', async (t) => {
  const { images, model } = await trained(t)

  const { stdout } = await run('class-areas.js', [model, images])
  const [heading, ...lines] = stdout.trim().split('\n')
  t.is(heading!.split(',').length, 1 + SMALL.classes)
  t.is(lines.length, 3)
  for (const line of lines) {
    const areas = line.split(',').slice(1).map(Number)
    t.true(Math.abs(areas.reduce((a, b) => a + b) - 1) < 1e-3)
  }

  const worker = await run('worker.js', [model, join(images, '00.png'), join(images, '01.png')])
  t.deepEqual(
    worker.stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^.*[\\/]|\d+$/g, '')),
    ['00.png: 64 x 48, mostly class ', '01.png: 64 x 48, mostly class '],
  )
})

/** The server on a free port, and the address it says it listens on. */
async function serve(
  t: ExecutionContext,
  ...args: string[]
): Promise<{ address: string; stop(): Promise<number> }> {
  const child = spawn(process.execPath, [join(EXAMPLES, 'server.js'), ...args, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const address = /Server listening at (http:\/\/127[^"]*)/.exec(line)?.[1]
    if (!address) continue
    const stop = async () => {
      child.kill('SIGTERM')
      return (await exit)[0]
    }
    return { address, stop }
  }
  throw new Error('the server ended before it listened')
}

function upload(address: string, content: Buffer, query = ''): Promise<Response> {
  const form = new FormData()
  form.append('image', new Blob([new Uint8Array(content)]), 'image.png')
  return fetch(`${address}/segment${query}`, { method: 'POST', body: form })
}

/** Asks until the answer is this: what another connection did is seen some round trips later. */
async function answers(t: ExecutionContext, status: number, ask: () => Promise<Response>): Promise<void> {
  let last = 0
  for (let round = 0; round < 100 && last !== status; round++) last = (await ask()).status
  t.is(last, status)
}

test.serial('server segments uploads, refuses what it cannot, and stops cleanly', async (t) => {
  const { images, model } = await trained(t)
  const { address, stop } = await serve(t, model, '--concurrency', '1', '--most', '1')
  const image = await readFile(join(images, '00.png'))

  const answer = await upload(address, image, '?style=index&crf=true')
  t.is(answer.status, 200)
  t.is(answer.headers.get('content-type'), 'image/png')
  const { width, height, channels } = await sharp(await answer.arrayBuffer()).metadata()
  t.deepEqual([width, height, channels], [64, 48, 1])

  t.is((await upload(address, Buffer.from('no image'))).status, 415)
  t.is((await upload(address, image, '?style=oil')).status, 400)
  t.is((await fetch(`${address}/segment`, { method: 'POST' })).status, 406)

  // One upload that never ends fills the server; when its sender hangs up, there is room again.
  const half = request(`${address}/segment`, {
    method: 'POST',
    headers: {
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': 1000,
      expect: '100-continue',
    },
  })
  half.on('error', () => {})
  half.flushHeaders()
  await once(half, 'continue')
  await answers(t, 503, () => upload(address, image))
  half.destroy()
  await answers(t, 200, () => upload(address, image))

  t.like(await (await fetch(`${address}/model`)).json(), { classes: SMALL.classes })
  t.is(await stop(), 0)
})
