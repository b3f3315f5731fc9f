/**
 * npm run prebuild: builds what is not up to date and puts the addon into prebuilds/<platform>-<arch>/. Silent if
 * there is nothing to do, because npm runs it before every `npm run build` because of its name.
 */
import { ensureBuilt } from './lib/ensure-built.js'
import { prebuild } from './lib/packing/prebuild.js'
import { main } from './lib/report.js'

await main(async () => {
  await ensureBuilt()
  await prebuild()
})
