/**
 * npm run pack [-- [--out <folder>] <name>...]: makes the tarballs of this platform's packages in dist-packages/:
 * stego, starter, demo, addon and libtorch, or only the named ones. `cuda`, the addon for CUDA, is packed only by name, from
 * a build with STEGO_CUDA=on. Prints one line of JSON for each: name, version,
 * file, sizes.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './lib/ensure-built.js'
import { builtWithCuda, layOut, packagesOf, releasedPackages } from './lib/packing/packages.js'
import { PLATFORMS } from './lib/packing/platforms.js'
import { callersFolder, inRoot } from './lib/paths.js'
import { run } from './lib/process.js'
import { main, Problem, step } from './lib/report.js'

/** Packs a folder the way npm publishes it; returns npm's report. */
async function tarball(folder, out) {
  const npm = process.env.npm_execpath
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', out]
  const result = await run(command, [...first, ...options], { cwd: folder })
  if (!result.ok) throw new Problem(`npm pack failed in ${folder}:\n${result.output.trim()}`)
  const [packed] = Object.values(JSON.parse(result.stdout))
  return packed
}

await main(async () => {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true })
  const platform = `${process.platform}-${process.arch}`
  if (!(platform in PLATFORMS)) throw new Problem(`there are no packages for ${platform}`)
  const packages = packagesOf(platform)
  const unknown = positionals.find((name) => !(name in packages))
  if (unknown !== undefined) {
    throw new Problem(`there is no package "${unknown}". Known: ${Object.keys(packages).join(', ')}.`)
  }
  const names = positionals.length > 0 ? positionals : releasedPackages(platform)
  if (names.includes('cuda')) process.env.STEGO_CUDA = builtWithCuda()
  await ensureBuilt()
  const out = values.out === undefined ? inRoot('dist-packages') : path.resolve(callersFolder(), values.out)
  mkdirSync(out, { recursive: true })
  for (const name of names) {
    const folder = await layOut(name, packages[name])
    const packed = await step(`packing ${name}`, () => tarball(folder, out))
    const { version, size, unpackedSize } = packed
    const file = path.join(out, packed.filename)
    console.log(JSON.stringify({ name: packed.name, version, file, size, unpackedSize }))
  }
})
