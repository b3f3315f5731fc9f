import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const SCRIPT = fileURLToPath(new URL('../../scripts/sanitize.js', import.meta.url))
const slow = process.env.STEGO_TEST_FULL ? test : test.skip

slow('the dense CRF is clean under sanitisers', (t) => {
  t.timeout(900_000)
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, '300'], { encoding: 'utf8' })
  t.is(status, 0, stderr)
  t.regex(stdout, /^clean: 0 failed$/m)
})
