#!/usr/bin/env node
/**
 * What prebuildify calls instead of node-gyp, in its own folder: puts the built addon where node-gyp would, along
 * with the files that belong in the same folder, all with an installation's search paths. Ignores its arguments.
 */
import { inRoot } from '../paths.js'
import { run } from '../process.js'
import { main, Problem } from '../report.js'

await main(async () => {
  const target = ['--prefix', process.cwd(), '--component', 'addon', '--config', 'Release']
  const result = await run('cmake', ['--install', inRoot('build'), ...target])
  if (!result.ok) throw new Problem(`cmake --install failed:\n${result.output.trim()}`)
})
