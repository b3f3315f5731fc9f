#!/usr/bin/env node
/**
 * What prebuildify calls instead of node-gyp, in a folder of its own: puts the built addon where node-gyp would, and
 * beside it what belongs into the same folder, all with the search paths of an installation. It ignores its arguments.
 */
import { inRoot } from '../paths.js'
import { run } from '../process.js'
import { main, Problem } from '../report.js'

await main(async () => {
  const target = ['--prefix', process.cwd(), '--component', 'addon', '--config', 'Release']
  const result = await run('cmake', ['--install', inRoot('build'), ...target])
  if (!result.ok) throw new Problem(`cmake --install failed:\n${result.output.trim()}`)
})
