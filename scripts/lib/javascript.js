/** Compiles lib/ into dist/ with TypeScript, which knows what is stale, and packages/demo/dist/ with esbuild. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { commentOptions } from './option-comments.js'
import { filesBelow, inRoot, root } from './paths.js'
import { run } from './process.js'
import { Problem, step } from './report.js'

const NOTES = inRoot('build', 'tsconfig.tsbuildinfo')

export async function ensureJavascript() {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  const build = ['-b', 'tsconfig.build.json']
  if (!existsSync(inRoot('dist', 'index.js'))) rmSync(NOTES, { force: true }) // they list files that are gone
  const stale = await run(process.execPath, [tsc, ...build, '--dry'], { cwd: root })
  if (!/up to date/.test(stale.stdout)) {
    await step('compiling TypeScript', async () => {
      const result = await run(process.execPath, [tsc, ...build], { cwd: root })
      if (!result.ok) throw new Problem(`compiling TypeScript failed:\n${result.output.trim()}`)
      removeOrphans(inRoot('dist'), inRoot('lib'))
      await commentOptions(inRoot('dist'))
    })
  }
  await bundleDemo()
}

/** A single file, because the scenes share lib/'s random numbers. */
async function bundleDemo() {
  const esbuild = createRequire(inRoot('package.json'))('esbuild')
  await esbuild.build({
    entryPoints: [inRoot('packages', 'demo', 'src', 'index.ts')],
    outfile: inRoot('packages', 'demo', 'dist', 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['sharp'],
    logLevel: 'error',
  })
}

/** Removes compiled files whose source is gone, and the folders left empty. */
export function removeOrphans(outputs, inputs) {
  for (const file of filesBelow(outputs)) {
    const source = path.relative(outputs, file).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    if (source.endsWith('.ts') && !existsSync(path.join(inputs, source))) removeWithFolders(file, outputs)
  }
}

function removeWithFolders(file, top) {
  rmSync(file)
  for (let folder = path.dirname(file); folder !== top; folder = path.dirname(folder)) {
    if (readdirSync(folder).length > 0) return
    rmdirSync(folder)
  }
}
