/**
 * A registry for tests, as a program of its own: `registry.ts <folder> <tarball>...` prints its address. It serves
 * tarballs that were packed, and what package-lock.json names: packed from this checkout's node_modules when asked for, or
 * empty where it is for other platforms. Yarn fetches some of those.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { manifestOf, ROOT } from './pack.js'

/** What a registry tells of one version. */
interface Version {
  manifest: Record<string, unknown> & { name: string; version: string }
  tarball(): string
}

const [folder, ...tarballs] = process.argv.slice(2) as [string, ...string[]]

/** Versions by name and number. */
const packages = new Map<string, Map<string, Version>>()

function add(version: Version): void {
  const { name, version: number } = version.manifest
  packages.set(name, (packages.get(name) ?? new Map()).set(number, version))
}

for (const [place, { resolved: _, integrity: __, link, dev, ...entry }] of Object.entries<
  Record<string, unknown>
>(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages)) {
  const name = place.split('node_modules/').at(-1)!
  const manifest = { ...entry, name, version: String(entry.version) }
  if (place && !link && !dev) add({ manifest, tarball: () => packed(place, manifest) })
}
for (const file of tarballs) add({ manifest: manifestOf(file), tarball: () => file })

/** The tarball of a package at a place of the lock file. */
function packed(place: string, manifest: Version['manifest']): string {
  const name = `${manifest.name.replaceAll('/', '+')}-${manifest.version}`
  const file = join(folder, `${name}.tgz`)
  if (existsSync(file)) return file
  let source = join(ROOT, place)
  if (!existsSync(join(source, 'package.json'))) {
    source = join(folder, name)
    mkdirSync(source)
    writeFileSync(join(source, 'package.json'), JSON.stringify(manifest))
  }
  const options = ['--exclude', './node_modules', '--transform', 's,^\\.,package,']
  execFileSync('tar', ['-czf', file, ...options, '-C', source, '.'])
  return file
}

/** What a registry tells of a package. */
function packument(name: string, versions: Version[], address: string) {
  const told = versions.map((version) => {
    const file = version.tarball()
    const tarball = `${address}${name}/-/${name.split('/').at(-1)}-${version.manifest.version}.tgz` // as npm's registry has it
    const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
    return [version.manifest.version, { ...version.manifest, dist: { tarball, integrity } }]
  })
  return { name, 'dist-tags': { latest: told.at(-1)![0] }, versions: Object.fromEntries(told) }
}

const server = createServer((request, response) => {
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`
  const [name = '', tarball] = decodeURIComponent(request.url!.slice(1)).split('/-/')
  const versions = packages.get(name)
  if (!versions) return response.writeHead(404).end('{}')
  if (!tarball) return response.end(JSON.stringify(packument(name, [...versions.values()], address)))
  const wanted = tarball.slice(`${name.split('/').at(-1)}-`.length, -'.tgz'.length)
  const file = versions.get(wanted)?.tarball()
  return file ? response.end(readFileSync(file)) : response.writeHead(404).end('{}')
})
server.listen(0, 'localhost', () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}/`)
})
