/** Brings the checkout to where it can run: packages, addon, JavaScript. Silent and quick when nothing is to be done. */
import { addonIsFresh, ensureAddon } from './addon.js'
import { ensureJavascript, javascriptIsFresh } from './javascript.js'
import { withLock } from './lock.js'
import { ensurePackages, packagesAreFresh } from './packages.js'
import { inRoot } from './paths.js'
import { Problem } from './report.js'

const OLDEST_NODE = [20, 19]

export function ensureNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Problem(
      `Node ${OLDEST_NODE.join('.')} or newer is needed; this is Node ${version}. Get a newer one from https://nodejs.org`,
    )
  }
}

export async function ensureBuilt() {
  ensureNode()
  if (packagesAreFresh() && addonIsFresh() && javascriptIsFresh()) return
  await withLock(inRoot('build', 'lock'), async () => {
    await ensurePackages()
    await ensureAddon()
    await ensureJavascript()
  })
}
