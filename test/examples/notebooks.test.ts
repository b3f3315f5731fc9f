/** The notebooks run from top to bottom in their kernels, and show what their stored outputs show. */
import { copyFileSync, existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { writeScenes } from '../../packages/demo/src/write-scenes.js'
import { temporaryFolder } from '../support/dataset.js'
import { runs, serialAt } from '../support/level.js'
import { cellsOf, installKernels, runNotebook } from './kernels.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NOTEBOOKS = ['notebook.ipynb', 'notebook-tslab.ipynb']

const slow = serialAt('full')
if (runs('full')) test.before(installKernels)

test('the stored notebooks show pictures and scores, and no error', (t) => {
  for (const name of NOTEBOOKS) {
    const kinds = cellsOf(join(ROOT, 'examples', name)).flatMap(({ outputs }) => outputs.flat())
    t.true(kinds.includes('image/png') && kinds.includes('text/html') && kinds.includes('text/plain'), name)
    t.false(kinds.includes('error'), name)
  }
})

for (const name of NOTEBOOKS) {
  slow(`${name} runs`, async (t) => {
    const folder = await temporaryFolder(t)
    await writeScenes(join(folder, 'scenes'), { train: 12, val: 2, seed: 0 })
    // tslab's notebook has a plain folder of images, Deno's one with labels.
    const photos =
      name === 'notebook-tslab.ipynb' ? join(folder, 'scenes', 'imgs', 'train') : join(folder, 'scenes')
    renameSync(photos, join(folder, 'photos'))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(ROOT, join(folder, 'node_modules', 'stego'))
    writeFileSync(join(folder, 'package.json'), '{ "dependencies": { "stego": "*" } }')
    const stored = join(ROOT, 'examples', name)
    copyFileSync(stored, join(folder, name))
    t.deepEqual(runNotebook(folder, name), cellsOf(stored))
    t.true(existsSync(join(folder, 'scenes.safetensors')))
  })
}
