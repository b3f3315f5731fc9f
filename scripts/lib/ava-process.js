/**
 * Runs AVA's command line as a separate process that finally writes `{ passed, failed }` as JSON to file descriptor
 * 3. AVA's reports for people give no exact counts, and its TAP reporter ends the run at the first timeout; these
 * statistics are the ones AVA bases its own exit code on.
 */
import { writeSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { countTests } from './ava.js'

const importFromAva = (file) => import(pathToFileURL(path.resolve('node_modules', 'ava', file)).href)

const { default: RunStatus } = await importFromAva('lib/run-status.js')
const { emitStateChange } = RunStatus.prototype
let run
const filesAtFault = new Set()

RunStatus.prototype.emitStateChange = function (event) {
  run = this
  if (event.type === 'worker-failed' || event.type === 'process-exit') filesAtFault.add(event.testFile)
  if (event.type === 'timeout') for (const file of this.pendingTests.keys()) filesAtFault.add(file)
  return emitStateChange.call(this, event)
}

process.on('exit', () => {
  if (run) writeSync(3, JSON.stringify(countTests(run.stats, filesAtFault)))
})

await importFromAva('entrypoints/cli.mjs')
