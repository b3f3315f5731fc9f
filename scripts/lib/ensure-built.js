/** Makes the checkout runnable: packages, addon, JavaScript. Silent and quick if there is nothing to do. */
import { existsSync, statSync } from 'node:fs'
import { ensureAddon } from './addon.js'
import { ensureJavascript } from './javascript.js'
import { withLock } from './lock.js'
import { inRoot, readJson, root } from './paths.js'
import { run } from './process.js'
import { endLine, Problem, step } from './report.js'

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
  await withLock(inRoot('build', 'lock'), async () => {
    await ensurePackages()
    await ensureAddon()
    await ensureJavascript()
  })
}

/** True if node_modules matches package-lock.json. */
export function packagesAreFresh(folder = root) {
  const wanted = `${folder}/package-lock.json`
  const installed = `${folder}/node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  if (statSync(wanted).mtimeMs <= statSync(installed).mtimeMs) return true
  return sameVersions(readJson(wanted).packages, readJson(installed).packages)
}

/** Compares versions only: a checkout or `npm install` may touch the lock file without changing it. */
function sameVersions(wanted, installed) {
  const ofThisPlatform = (entry) => !entry.optional && !entry.devOptional
  const names = new Set([...Object.keys(wanted), ...Object.keys(installed)])
  names.delete('') // the root package itself
  return [...names].every((name) => {
    if (!wanted[name]) return false
    if (!installed[name]) return !ofThisPlatform(wanted[name])
    return wanted[name].version === installed[name].version
  })
}

export async function ensurePackages() {
  if (packagesAreFresh()) return
  await step('installing npm packages (npm ci)', async () => {
    const npm = process.env.npm_execpath
    const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
    endLine()
    const result = await run(command, [...first, 'ci', '--no-audit', '--no-fund'], {
      cwd: root,
      stdout: 2,
      stderr: 2,
    })
    if (!result.ok) {
      throw new Problem(
        `npm ci failed (${result.reason}); its own message is above.\n` +
          '  Fix what it names (network, disk space, a lock file that does not match package.json) and run again.',
      )
    }
  })
}
