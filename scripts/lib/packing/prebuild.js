/** prebuilds/<platform>-<arch>/: the stripped addon as node-gyp-build expects it, made by prebuildify. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { inRoot } from '../paths.js'
import { step } from '../report.js'
import { PLATFORMS } from './platforms.js'

/** Makes the folder from the addon in build/, which must be up to date, unless it already exists; returns it. */
export async function prebuild(platform = `${process.platform}-${process.arch}`) {
  const prebuildify = promisify(createRequire(inRoot('package.json'))('prebuildify'))
  const work = inRoot('build', 'prebuild')
  const beside = path.join(work, 'beside')
  const folder = inRoot('prebuilds', platform)
  const shim = inRoot('scripts', 'lib', 'packing', 'node-gyp.js')
  const tags = { tagLibc: PLATFORMS[platform]?.libc !== undefined } // other platforms would be tagged glibc, too
  if (isNewer(folder, inRoot('build', 'Release', 'stego.node'))) return folder
  rmSync(work, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(beside, { recursive: true })
  if (process.platform !== 'win32') chmodSync(shim, 0o755)
  await step(`prebuilding ${platform}`, () =>
    prebuildify({
      cwd: work,
      out: inRoot(),
      name: 'stego',
      napi: true,
      strip: true,
      ...tags,
      quiet: true,
      artifacts: beside,
      nodeGyp: process.platform === 'win32' ? `"${process.execPath}" "${shim}"` : shim,
      targets: [process.versions.node],
    }),
  )
  return folder
}

/** Whether the addon in a folder is newer than this file. */
function isNewer(folder, file) {
  if (!existsSync(folder)) return false
  const addon = readdirSync(folder).find((name) => name.endsWith('.node') && name.startsWith('stego'))
  return addon !== undefined && statSync(path.join(folder, addon)).mtimeMs >= statSync(file).mtimeMs
}
