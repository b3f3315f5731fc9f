import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { renderScene, SCENE_CLASSES } from '../../packages/demo/src/scene.js'
import { writeScenes } from '../../packages/demo/src/write-scenes.js'

test('a scene is a function of its seed, index and size', (t) => {
  const scene = renderScene(3, 5)
  t.is(scene.width, 320)
  t.is(scene.height, 240)
  t.is(scene.pixels.length, 320 * 240 * 3)
  t.is(scene.labels.length, 320 * 240)
  t.deepEqual(renderScene(3, 5), scene)
  t.notDeepEqual(renderScene(4, 5).pixels, scene.pixels)
  t.notDeepEqual(renderScene(3, 6).pixels, scene.pixels)
  const small = renderScene(3, 5, { width: 96, height: 64 })
  t.is(small.pixels.length, 96 * 64 * 3)
  t.is(small.labels.length, 96 * 64)
})

test('no class is rare and none dominates', (t) => {
  const count = 40
  const pixels = new Array<number>(SCENE_CLASSES.length).fill(0)
  const classes: number[] = []
  for (let index = 0; index < count; index++) {
    const { labels } = renderScene(0, index)
    const present = new Set<number>()
    for (const label of labels) {
      pixels[label]! += 1
      present.add(label)
    }
    t.true([...present].every((label) => label < SCENE_CLASSES.length))
    classes.push(present.size)
  }
  for (const [label, name] of SCENE_CLASSES.entries()) {
    const share = pixels[label]! / (count * 320 * 240)
    t.true(share >= 0.04 && share <= 0.25, `${name}: ${(100 * share).toFixed(1)} %`)
  }
  t.true(classes.every((n) => n >= 4))
})

test('scenes are written as pairs of pictures and label maps', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'stego-scenes-'))
  try {
    await writeScenes(root, { train: 2, val: 1, seed: 7 })
    t.deepEqual((await readdir(join(root, 'imgs', 'train'))).sort(), ['000.jpg', '001.jpg'])
    t.deepEqual((await readdir(join(root, 'labels', 'train'))).sort(), ['000.png', '001.png'])
    t.deepEqual(await readdir(join(root, 'imgs', 'val')), ['000.jpg'])
    t.deepEqual(await readdir(join(root, 'labels', 'val')), ['000.png'])

    // Validation goes on where training ends; label maps hold the very labels in one channel.
    const scene = renderScene(7, 2)
    const map = sharp(join(root, 'labels', 'val', '000.png'))
    t.is((await map.metadata()).channels, 1)
    t.deepEqual(new Uint8Array(await map.toColourspace('b-w').raw().toBuffer()), scene.labels)

    const first = await readFile(join(root, 'imgs', 'train', '001.jpg'))
    await writeScenes(root, { train: 2, val: 1, seed: 7 })
    t.deepEqual(await readFile(join(root, 'imgs', 'train', '001.jpg')), first)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('writing stops at a signal', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'stego-scenes-'))
  try {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    t.is(await t.throwsAsync(writeScenes(root, { train: 2, val: 1, seed: 7, signal })), reason)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('scenes are the recorded ones to the byte: figures of the documentation rest on them', (t) => {
  const hash = createHash('sha256')
  for (const index of [0, 1, 2]) {
    const { pixels, labels } = renderScene(0, index)
    hash.update(pixels).update(labels)
  }
  t.is(hash.digest('hex'), 'ac326ebd96bb57452a5c5c916b484c9582fd29ed99032bde1e8bb5cf8cdb8b39')
})
