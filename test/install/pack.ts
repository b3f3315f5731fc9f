/** Tarballs as `npm run pack` makes them, and what is in them. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A line of what the script prints. */
export interface Packed {
  name: string
  version: string
  file: string
  /** Bytes of the tarball, and of what it holds. */
  size: number
  unpackedSize: number
}

/** Packs the packages of these short names, all without any, into a folder. */
export function pack(out: string, ...names: string[]): Packed[] {
  const script = fileURLToPath(new URL('../../scripts/pack.js', import.meta.url))
  const args = [script, '--out', out, ...names]
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** The files of a tarball, without the folder `package/` that holds them all. */
export function filesOf(tarball: string): string[] {
  const listing = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  return listing.split('\n').flatMap((line) => (/[^/]$/.test(line) ? [line.replace('package/', '')] : []))
}

/** The package.json of a tarball. */
export function manifestOf(tarball: string) {
  return JSON.parse(execFileSync('tar', ['-xOzf', tarball, 'package/package.json'], { encoding: 'utf8' }))
}
