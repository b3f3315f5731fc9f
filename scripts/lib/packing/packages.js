/** The contents of every package. Each is laid out in build/packages/ and packed into a tarball from there. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findLibtorch } from '../../libtorch.js'
import { configuration } from '../addon.js'
import { inRoot, readJson } from '../paths.js'
import { run } from '../process.js'
import { Problem, step } from '../report.js'
import {
  addonManifest,
  cudaManifest,
  cudaReadme,
  demoManifest,
  libtorchManifest,
  starterManifest,
  stegoManifest,
} from './manifests.js'
import { PLATFORMS } from './platforms.js'
import { prebuild } from './prebuild.js'

/** Short names of a platform's packages, each with the function that lays it out in a folder. */
export const packagesOf = (platform) => ({
  stego: layOutStego,
  starter: layOutStarter,
  demo: layOutDemo,
  addon: (folder) => layOutAddon(folder, platform),
  libtorch: (folder) => layOutLibtorch(folder, platform),
  ...(PLATFORMS[platform].cuda && { cuda: (folder) => layOutCuda(folder, platform) }),
})

/** Those of a release; the one for CUDA takes a build of its own. */
export const releasedPackages = (platform) =>
  Object.keys(packagesOf(platform)).filter((name) => name !== 'cuda')

/** Lays a package out in an empty folder of build/packages/ and returns the folder. */
export async function layOut(name, write) {
  const folder = inRoot('build', 'packages', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await write(folder)
  return folder
}

const manifest = () => readJson(inRoot('package.json'))

function layOutStego(folder) {
  writeManifest(folder, stegoManifest(manifest()))
  copy(folder, ['dist', 'docs', 'examples', 'README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE'])
}

function layOutStarter(folder) {
  writeManifest(folder, starterManifest(manifest()))
  copy(folder, ['LICENSE', 'NOTICE'])
  cpSync(inRoot('weights'), folder, { recursive: true })
}

function layOutDemo(folder) {
  const own = inRoot('packages', 'demo')
  writeManifest(folder, demoManifest(manifest(), readJson(path.join(own, 'package.json'))))
  copy(folder, ['LICENSE'])
  cpSync(path.join(own, 'dist'), path.join(folder, 'dist'), { recursive: true })
}

async function layOutAddon(folder, platform) {
  if (configuration()?.cuda) {
    throw new Problem(
      'the local build is with CUDA, and this packs the addon for the CPU. Run the same command with STEGO_CUDA=off.',
    )
  }
  writeManifest(folder, addonManifest(manifest(), platform))
  copy(folder, ['LICENSE', 'NOTICE'])
  cpSync(await prebuild(platform), path.join(folder, 'prebuilds', platform), { recursive: true })
}

/** Throws a Problem unless the local build is for CUDA; returns the STEGO_CUDA that keeps it so. */
export function builtWithCuda() {
  const made = configuration()
  if (made?.cuda) return made.environment.STEGO_CUDA
  throw new Problem(
    'the local build is for the CPU, and this packs the addon for CUDA. Run `STEGO_CUDA=on npm run build` first.',
  )
}

async function layOutCuda(folder, platform) {
  builtWithCuda()
  const made = cudaManifest(manifest(), platform)
  writeManifest(folder, made)
  copy(folder, ['LICENSE', 'NOTICE'])
  writeFileSync(path.join(folder, 'README.md'), cudaReadme(made))
  cpSync(await prebuild(platform), path.join(folder, 'prebuilds', platform), { recursive: true })
}

async function layOutLibtorch(folder, platform) {
  const { libtorch } = manifest()
  writeManifest(folder, libtorchManifest(manifest(), platform))
  cpSync(inRoot('licenses', 'libtorch'), folder, { recursive: true })
  const from = await findLibtorch({ env: { ...process.env, STEGO_CUDA: 'off' } })
  mkdirSync(path.join(folder, 'lib'))
  await step(`stripping libtorch ${libtorch}`, async () => {
    for (const library of PLATFORMS[platform].libraries) {
      await strip(path.join(from.folder, 'lib', library), path.join(folder, 'lib', library))
    }
  })
}

/** Copies a library without debug symbols; Windows keeps those in other files. */
async function strip(source, target) {
  if (!existsSync(source))
    throw new Problem(`libtorch has no ${source}, which scripts/lib/packing/platforms.js lists`)
  cpSync(source, target, { dereference: true })
  if (process.platform === 'win32') return
  const options = process.platform === 'darwin' ? ['-Sx'] : ['--strip-unneeded']
  const result = await run('strip', [...options, target])
  if (!result.ok) throw new Problem(`could not strip ${target}: ${result.reason}`)
}

function copy(folder, names) {
  for (const name of names) cpSync(inRoot(name), path.join(folder, name), { recursive: true })
}

function writeManifest(folder, content) {
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
}
