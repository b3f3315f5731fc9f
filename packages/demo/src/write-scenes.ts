/** Writes a labeled data set of generated scenes in the layout that training reads. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { renderScene, SCENE_CLASSES, type Scene } from './scene.js'

/** How many scenes to write, and of which series. */
export interface SceneSetOptions {
  train: number
  val: number
  seed: number
  signal?: AbortSignal
}

const JPEG_QUALITY = 90

/**
 * Writes `<root>/imgs/{train,val}/NNN.jpg` and `<root>/labels/{train,val}/NNN.png` (one byte per pixel, the index in
 * `SCENE_CLASSES`), and `<root>/classes.txt`. No scene is in both splits; the same options give the same files.
 */
export async function writeScenes(root: string, options: SceneSetOptions): Promise<void> {
  const { train, val, seed, signal } = options
  let index = 0
  for (const [split, count] of [
    ['train', train],
    ['val', val],
  ] as const) {
    await mkdir(join(root, 'imgs', split), { recursive: true })
    await mkdir(join(root, 'labels', split), { recursive: true })
    for (let n = 0; n < count; n++) {
      signal?.throwIfAborted()
      const name = String(n).padStart(3, '0')
      const scene = renderScene(seed, index++)
      await Promise.all([
        writeImage(scene, join(root, 'imgs', split, `${name}.jpg`)),
        writeLabels(scene, join(root, 'labels', split, `${name}.png`)),
      ])
    }
  }
  await writeFile(join(root, 'classes.txt'), `${SCENE_CLASSES.join('\n')}\n`)
}

async function writeImage(scene: Scene, path: string): Promise<void> {
  const { width, height, pixels } = scene
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toFile(path)
}

async function writeLabels(scene: Scene, path: string): Promise<void> {
  const { width, height, labels } = scene
  await sharp(labels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path)
}
