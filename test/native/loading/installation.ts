/** Throw-away installations of the package, with files that only look like addons. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Host } from '../../../lib/native/host.js'
import { loadAddon } from '../../../lib/native/load.js'
import { readPackage } from '../../../lib/native/packages.js'

export const HOST: Host = {
  platform: 'linux',
  arch: 'x64',
  libc: 'glibc',
  glibc: '2.36',
  node: '20.19.0',
  electron: null,
}

/** A folder with these files, an object as JSON; it goes away with the test. */
export function folderOf(t: ExecutionContext, files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'stego loading '))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

/** `stego` 1.2.3 as it is published, installed beside `others`: files below node_modules. */
export function installed(t: ExecutionContext, others: Record<string, unknown> = {}): string {
  const stego = {
    name: 'stego',
    version: '1.2.3',
    libtorch: '2.13.0',
    optionalDependencies: { '@stego/linux-x64': '1.2.3', '@stego/darwin-arm64': '1.2.3' },
  }
  const files = { 'stego/package.json': stego, ...others }
  const below = Object.entries(files).map(([name, content]) => [`node_modules/${name}`, content])
  return join(folderOf(t, Object.fromEntries(below)), 'node_modules', 'stego')
}

/** The error of loading from this folder, on this machine. */
export function failure(
  t: ExecutionContext,
  folder: string,
  { host = HOST, ...rest }: { host?: Host; nativePath?: string; libtorch?: string } = {},
): string {
  const { platform, arch } = host
  const request = { stego: readPackage(folder), platform, arch, ...rest }
  const error = t.throws(() => loadAddon(request, () => host))
  t.is((error as { code?: unknown }).code, 'ERR_STEGO_ADDON')
  return error!.message
}
