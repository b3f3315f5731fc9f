/** The API reference is made from complete comments: typedoc has nothing to warn of (typedoc.json). */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/dataset.js'
import { testAt } from '../support/level.js'
import { ROOT } from './markdown.js'

testAt('full')('every public symbol is documented', async (t) => {
  t.timeout(300_000)
  const out = await temporaryFolder(t)
  const script = join(ROOT, 'scripts', 'docs.js')
  await t.notThrowsAsync(promisify(execFile)(process.execPath, [script, '--out', out]))
  for (const page of [
    'classes/index.Stego.html',
    'functions/crf.denseCrf.html',
    'interfaces/index.ResolvedRunOptions.html',
  ]) {
    t.true(existsSync(join(out, page)), page)
  }
})
