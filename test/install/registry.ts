/**
 * A registry for tests, without a network: it serves tarballs that were packed, and the packages of this checkout's
 * node_modules, packed when they are asked for.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { manifestOf, ROOT } from './pack.js'

/** Starts it until the test ends; `tarballs` are files. Returns its address. */
export async function startRegistry(
  t: ExecutionContext,
  folder: string,
  tarballs: string[],
): Promise<string> {
  const files = new Map(tarballs.map((file) => [manifestOf(file).name as string, file]))
  const server = createServer((request, response) => {
    const [name = '', tarball] = decodeURIComponent(request.url!.slice(1)).split('/-/')
    const file = files.get(name) ?? fromNodeModules(name, folder)
    if (!file) return response.writeHead(404).end('{}')
    files.set(name, file)
    if (tarball) return response.end(readFileSync(file))
    const { port } = server.address() as AddressInfo
    response.end(JSON.stringify(packument(file, `http://localhost:${port}/${name}/-/package.tgz`)))
  })
  server.keepAliveTimeout = 1
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}/`
}

/** Makes the tarball of an installed package; null where it is not installed here. */
function fromNodeModules(name: string, folder: string): string | null {
  const source = join(ROOT, 'node_modules', name)
  if (!existsSync(join(source, 'package.json'))) return null
  const file = join(folder, `${name.replaceAll('/', '+')}.tgz`)
  execFileSync('tar', ['-czf', file, '--transform', 's,^\\.,package,', '-C', source, '.'])
  return file
}

/** What a registry tells of a package with one version. */
function packument(file: string, tarball: string) {
  const manifest = manifestOf(file)
  const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist: { tarball, integrity } } },
  }
}
