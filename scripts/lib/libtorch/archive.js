/** libtorch's official CPU archive for a platform: streamed, checked for its length, unpacked. */
import path from 'node:path'
import { say, step } from '../report.js'
import { unpackIntoCache, withTemporaryFolder } from './cache.js'
import { download } from './download.js'

const OFFICIAL = 'https://download.pytorch.org/libtorch'

const ARCHIVES = {
  'linux-x64': (version) => `libtorch-shared-with-deps-${version}+cpu.zip`,
  'darwin-arm64': (version) => `libtorch-macos-arm64-${version}.zip`,
  'win32-x64': (version) => `libtorch-win-shared-with-deps-${version}+cpu.zip`,
}

/** The archive's address; null for a platform without one. STEGO_LIBTORCH_MIRROR replaces everything before /cpu/. */
export function archiveUrl({ version, env, platform, arch }) {
  const name = ARCHIVES[`${platform}-${arch}`]?.(version)
  const base = (env.STEGO_LIBTORCH_MIRROR || OFFICIAL).replace(/\/+$/, '')
  return name ? `${base}/cpu/${encodeURIComponent(name)}` : null
}

export async function officialArchive(request) {
  const url = archiveUrl(request)
  if (!url) throw new Error(`there is none for ${request.platform}-${request.arch}`)
  return withTemporaryFolder(request, async (temporary) => {
    const file = path.join(temporary, 'libtorch.zip')
    await download(url, file)
    say('only the length of the archive was checked: PyTorch publishes no checksum')
    return step('unpacking libtorch', () => unpackIntoCache(file, 'libtorch', temporary, request))
  })
}
