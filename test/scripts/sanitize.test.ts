import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { LEVEL, testAt } from '../support/level.js'

const SCRIPT = fileURLToPath(new URL('../../scripts/sanitize.js', import.meta.url))
const PROBLEMS = { fast: 0, full: 300, long: 20_000 }[LEVEL]

testAt('full')('the dense CRF is clean under sanitizers', (t) => {
  t.timeout(3_600_000)
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, String(PROBLEMS)], {
    encoding: 'utf8',
  })
  t.is(status, 0, stderr)
  t.regex(stdout, /^clean: 0 failed$/m)
})
