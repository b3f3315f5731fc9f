/** The folder that blocks run in: small drawn images with labels, runs, files of weights, and the commands they call. */
import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Stego } from '../../lib/index.js'
import { PUBLISHED } from '../../lib/weights/index.js'
import { writeScenes } from '../../packages/demo/src/write-scenes.js'
import { SMALL } from '../support/dataset.js'
import { ROOT } from './markdown.js'

const golden = (name: string) => join(ROOT, 'test', 'weights', 'golden', name)

/** A folder in which `import 'stego'` and every development package resolve as they do for users. */
export function linkPackages(folder: string): void {
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name))
  }
  symlinkSync(ROOT, join(packages, 'stego'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
}

/**
 * What pages may take for granted:
 * - `photos/`: `imgs/{train,val}` with labels and `classes.txt`, eight classes; `uploads/`: a plain folder of images;
 *   `street.jpg`, `a.jpg`, `b.jpg`;
 * - `runs/photos`, `runs/a`, `runs/b`: trained on `photos/` for a few steps;
 * - `data/cityscapes/`: in the official layout;
 * - `dino.pth` and `cocostuff27_vit_base_5.ckpt`: tiny weights in the published layouts.
 */
export async function prepareFolder(folder: string): Promise<void> {
  const at = (...path: string[]) => join(folder, ...path)
  await writeScenes(at('photos'), { train: 6, val: 2, seed: 1 })
  cpSync(at('photos', 'imgs', 'val'), at('uploads'), { recursive: true })
  for (const [name, image] of Object.entries({ street: '000', a: '001', b: '002' })) {
    cpSync(at('photos', 'imgs', 'train', `${image}.jpg`), at(`${name}.jpg`))
  }
  for (const [seed, name] of ['photos', 'a', 'b'].entries()) {
    const model = await Stego.train({ ...SMALL, data: at('photos'), seed, out: at('runs', name) })
    model.dispose()
  }
  for (const split of ['train', 'val']) {
    for (const [kind, from, suffix] of [
      ['leftImg8bit', 'imgs', 'leftImg8bit.png'],
      ['gtFine', 'labels', 'gtFine_labelIds.png'],
    ] as const) {
      for (const name of readdirSync(at('photos', from, split)).slice(0, 3)) {
        const file = at('data', 'cityscapes', kind, split, 'town', `${name.slice(0, 3)}_${suffix}`)
        mkdirSync(dirname(file), { recursive: true })
        cpSync(at('photos', from, split, name), file)
      }
    }
  }
  cpSync(golden('dino.pth'), at('dino.pth'))
  cpSync(golden('official.ckpt'), at('cocostuff27_vit_base_5.ckpt'))
}

/** Fills a folder with programs that blocks call: `stego` is the compiled one; for `npm` and `npx` see npm.js. */
export function preparePrograms(folder: string): void {
  const main = join(ROOT, 'dist', 'cli', 'main.js')
  const lookedUp = fileURLToPath(new URL('npm.js', import.meta.url))
  const scripts = { stego: [main], npm: [lookedUp, 'npm'], npx: [lookedUp, 'npx'] }
  for (const [name, words] of Object.entries(scripts)) {
    const command = [process.execPath, ...words].map((word) => `'${word}'`).join(' ')
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${command} "$@"\n`)
    chmodSync(join(folder, name), 0o755)
  }
}

/**
 * Serves tiny weights under the names of those published files of which neither size nor checksum is known.
 * Returns its address, and what ends it.
 */
export async function startMirror(): Promise<{ url: string; stop: () => void }> {
  const files = PUBLISHED.filter(({ size, sha256 }) => size === null && sha256 === null)
  const content = new Map(
    files.map(({ url, kind }) => [
      `/${url.split('/').at(-1)}`,
      golden(kind === 'model' ? 'official.ckpt' : 'dino.pth'),
    ]),
  )
  const server = createServer(async ({ url }, response) => {
    const file = content.get(url!)
    if (!file) return void response.writeHead(404).end()
    response.end(await readFile(file))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}
