/**
 * Commands for .github/workflows/release.yml:
 *
 * node scripts/release.js check <tag>: whether this checkout may be released under the tag.
 * node scripts/release.js publish <folder> [--dry-run]: publishes a folder's tarballs, dependencies first, skipping
 * versions that are already published: libtorch's rarely changes, and an interrupted release can be run again.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { inRoot, readJson } from './lib/paths.js'
import { run } from './lib/process.js'
import { missingPackages, publishingOrder, releaseProblems } from './lib/release.js'
import { main, Problem, say } from './lib/report.js'

function check(tag = '') {
  const { version } = readJson(inRoot('package.json'))
  const problems = releaseProblems(tag, version, readFileSync(inRoot('CHANGELOG.md'), 'utf8'))
  if (problems.length > 0) throw new Problem(problems.join('\n'))
}

async function publish(folder, dryRun) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  const packages = await Promise.all(files.map((file) => readPackage(path.resolve(folder, file))))
  const missing = missingPackages(packages)
  if (packages.length === 0 || missing.length > 0) {
    throw new Problem(
      `expected all packages of a release in ${folder}, missing: ${missing.join(', ') || 'all'}`,
    )
  }
  for (const { file, manifest } of publishingOrder(packages)) {
    const name = `${manifest.name}@${manifest.version}`
    if (await isPublished(name)) {
      say(`${name} is already published`)
      continue
    }
    const published = await run('npm', ['publish', file, ...(dryRun ? ['--dry-run'] : [])], { stderr: 2 })
    if (!published.ok) throw new Problem(`could not publish ${name}: ${published.reason}`)
    say(dryRun ? `${name} would be published` : `${name} is published`)
  }
}

async function readPackage(file) {
  const result = await run('tar', ['-xOzf', file, 'package/package.json'])
  if (!result.ok) throw new Problem(`${file} is not a package: ${result.reason}`)
  return { file, manifest: JSON.parse(result.stdout) }
}

/** Whether the registry has this version; any answer but "no such package" is a failure. */
async function isPublished(name) {
  const result = await run('npm', ['view', name, 'version', '--json'])
  if (result.ok) return result.stdout.trim() !== ''
  if (result.output.includes('E404')) return false
  throw new Problem(`could not ask the registry for ${name}: ${result.reason}`)
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [command, what] = positionals
  if (command === 'check') return check(what)
  if (command === 'publish' && what) return publish(what, values['dry-run'])
  throw new Problem('usage: node scripts/release.js check <tag> | publish <folder> [--dry-run]')
})
