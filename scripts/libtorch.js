/**
 * Finds libtorch, the C++ library the addon is built on, in the version that package.json pins: STEGO_LIBTORCH; the
 * copy downloaded earlier; a Python torch; a wheel from pip; the official archive. `node scripts/libtorch.js` prints
 * the folder.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveUrl, officialArchive } from './lib/libtorch/archive.js'
import { cachedFolder, describeLack, inspectFolder } from './lib/libtorch/cache.js'
import { cpuRequirement, installedTorch, wheelFromPip } from './lib/libtorch/python.js'
import { inRoot, readJson } from './lib/paths.js'
import { main, Problem, say } from './lib/report.js'

export const pinnedVersion = () => readJson(inRoot('package.json')).libtorch

/**
 * Returns the folder with lib/ and include/, and a description of where it is from; throws a Problem if there is
 * none.
 */
export async function findLibtorch({
  version = pinnedVersion(),
  env = process.env,
  platform = process.platform,
  arch = process.arch,
} = {}) {
  const request = { version, env, platform, arch, allowCuda: env.STEGO_CUDA === '1' }
  if (env.STEGO_LIBTORCH) return { folder: namedFolder(request), from: 'STEGO_LIBTORCH' }
  const ladder = [
    ['the copy downloaded earlier', cachedCopy],
    ['an installed Python torch', installedTorch],
    [`pip download ${cpuRequirement(request)}`, wheelFromPip],
    ['the official archive', officialArchive],
  ]
  const tried = ['STEGO_LIBTORCH: not set']
  for (const [from, find] of ladder) {
    try {
      return { folder: await find(request), from }
    } catch (error) {
      tried.push(`${from}: ${error.message}`)
    }
  }
  throw new Problem(nothingFound(request, tried))
}

/** A user-provided folder is used or rejected, never skipped. */
function namedFolder({ version, env, platform, allowCuda }) {
  const folder = path.resolve(env.STEGO_LIBTORCH)
  const found = inspectFolder(folder, platform)
  if (found.missing.length > 0) {
    throw new Problem(
      `STEGO_LIBTORCH holds no complete libtorch: ${describeLack(folder, found.missing)}.\n` +
        '  Set it to a folder that holds lib/ and include/ (an unpacked libtorch, or the torch folder of a Python\n' +
        `  environment), or unset it to have libtorch ${version} found or downloaded.`,
    )
  }
  if (found.cuda && !allowCuda) {
    throw new Problem(
      `STEGO_LIBTORCH=${env.STEGO_LIBTORCH} is a CUDA build of libtorch; building with it needs CUDA's headers.\n` +
        '  Set STEGO_CUDA=1 as well if you have them, name a CPU build, or unset STEGO_LIBTORCH.',
    )
  }
  if (found.version !== version) {
    say(
      `STEGO_LIBTORCH is libtorch ${found.version ?? 'of unknown version'}; this package is tested with ${version}`,
    )
  }
  return folder
}

function cachedCopy(request) {
  const folder = cachedFolder(request)
  const { missing } = inspectFolder(folder, request.platform)
  if (missing.length > 0) throw new Error(describeLack(folder, missing))
  return folder
}

function nothingFound(request, tried) {
  const { version } = request
  const url = archiveUrl(request)
  const remedies = [
    `install it into the Python that is first on PATH: pip install ${cpuRequirement(request)} ` +
      '--index-url https://download.pytorch.org/whl/cpu',
    `unpack the CPU build of libtorch ${version} (https://pytorch.org/get-started/locally) anywhere and set ` +
      'STEGO_LIBTORCH to the folder that holds lib/ and include/',
  ]
  if (url) {
    const wanted = url.split('/').slice(-2).join('/')
    remedies.push(`set STEGO_LIBTORCH_MIRROR to a URL that serves ${wanted}`)
  }
  return [
    `libtorch ${version} was neither found nor downloaded. Tried, in this order:`,
    ...tried.map((line) => `  - ${line}`),
    'Do one of these, then run the command again:',
    ...remedies.map((line) => `  - ${line}`),
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => console.log((await findLibtorch()).folder))
}
