/** The npm packages: installed when they are missing, or when package-lock.json names others. */
import { existsSync, statSync } from 'node:fs'
import { inRoot, readJson, root } from './paths.js'
import { run } from './process.js'
import { endLine, Problem, step } from './report.js'

/** True when node_modules holds what package-lock.json asks for. */
export function packagesAreFresh(folder = root) {
  const wanted = `${folder}/package-lock.json`
  const installed = `${folder}/node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  if (statSync(wanted).mtimeMs <= statSync(installed).mtimeMs) return true
  return sameVersions(readJson(wanted).packages, readJson(installed).packages)
}

/** A checkout or an `npm install` may touch the lock file without changing it: only the versions count. */
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
          '  Mend what it names (network, disk space, a lock file that does not match package.json) and run again.',
      )
    }
  })
}

/** The version of an installed package. */
export const installedVersion = (name) => readJson(inRoot('node_modules', name, 'package.json')).version
