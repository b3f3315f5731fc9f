/**
 * Finds libtorch, the C++ library the addon is built on, in the version that package.json pins: STEGO_LIBTORCH; the
 * copy downloaded earlier; a Python torch; a wheel from pip; the official archive. `node scripts/libtorch.js` prints
 * the folder.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveUrl, officialArchive } from './lib/libtorch/archive.js'
import { cachedFolder, describeLack, inspectFolder } from './lib/libtorch/cache.js'
import { cudaWanted, findNvcc, NO_NVCC } from './lib/libtorch/nvcc.js'
import { cpuRequirement, installedTorch, pythonName, wheelFromPip } from './lib/libtorch/python.js'
import { inRoot, readJson } from './lib/paths.js'
import { main, Problem, say } from './lib/report.js'

export const pinnedVersion = () => readJson(inRoot('package.json')).libtorch

/**
 * Returns the folder with lib/ and include/, a description of where it is from, and whether to build with CUDA; throws a
 * Problem if there is none.
 */
export async function findLibtorch({
  version = pinnedVersion(),
  env = process.env,
  platform = process.platform,
  arch = process.arch,
  nvcc = findNvcc(env),
} = {}) {
  const wanted = cudaWanted(env)
  const known = wanted !== 'off' && (wanted === 'on' || `${platform}-${arch}` === 'linux-x64')
  const request = { version, env, platform, arch, wanted, nvcc: known && (await nvcc) !== null }
  if (env.STEGO_LIBTORCH) return named(request)
  const tried = ['STEGO_LIBTORCH: not set']
  if (wanted === 'on') return forCuda(request)
  if (request.nvcc) {
    const folder = await installedTorch(request, { cuda: true }).catch(() => null)
    if (folder !== null) return { folder, from: 'an installed Python torch for CUDA', cuda: true }
  }
  const ladder = [
    ['the copy downloaded earlier', cachedCopy],
    ['an installed Python torch', installedTorch],
    [`pip download ${cpuRequirement(request)}`, wheelFromPip],
    ['the official archive', officialArchive],
  ]
  for (const [from, find] of ladder) {
    try {
      return { folder: await find(request), from, cuda: false }
    } catch (error) {
      tried.push(`${from}: ${error.message}`)
    }
  }
  throw new Problem(nothingFound(request, tried))
}

/** A CUDA build is required: that of Python, as there is no other place to take it from. */
async function forCuda(request) {
  const { version, platform, nvcc } = request
  if (!nvcc) throw new Problem(`STEGO_CUDA=on needs ${NO_NVCC}; or unset it to build for the CPU.`)
  try {
    const folder = await installedTorch(request, { cuda: true })
    return { folder, from: 'an installed Python torch for CUDA', cuda: true }
  } catch (error) {
    throw new Problem(
      `STEGO_CUDA=on needs a CUDA build of libtorch ${version}: ${error.message}.\n` +
        `  Install one into the ${pythonName(platform)} that is first on PATH: pip install torch==${version}; or set\n` +
        '  STEGO_LIBTORCH to a folder that holds its lib/ and include/; or unset STEGO_CUDA to build for the CPU.',
    )
  }
}

/** A user-provided folder is used or rejected, never skipped. */
function named({ version, env, platform, wanted, nvcc }) {
  const folder = path.resolve(env.STEGO_LIBTORCH)
  const found = inspectFolder(folder, platform)
  if (found.missing.length > 0) {
    throw new Problem(
      `STEGO_LIBTORCH holds no complete libtorch: ${describeLack(folder, found.missing)}.\n` +
        '  Set it to a folder that holds lib/ and include/ (an unpacked libtorch, or the torch folder of a Python\n' +
        `  environment), or unset it to have libtorch ${version} found or downloaded.`,
    )
  }
  const given = `STEGO_LIBTORCH=${env.STEGO_LIBTORCH}`
  if (found.cuda && wanted === 'off') {
    throw new Problem(
      `${given} is a CUDA build of libtorch, but STEGO_CUDA=off.\n` +
        '  Unset STEGO_CUDA, name a CPU build, or unset STEGO_LIBTORCH.',
    )
  }
  if (found.cuda && !nvcc) {
    throw new Problem(
      `${given} is a CUDA build of libtorch; building with it needs ${NO_NVCC}.\n` +
        '  Or name a CPU build, or unset STEGO_LIBTORCH.',
    )
  }
  if (!found.cuda && wanted === 'on') {
    throw new Problem(
      `STEGO_CUDA=on needs a CUDA build of libtorch, and ${given} is none.\n` +
        '  Name the torch folder of a Python environment with a CUDA build, or unset STEGO_CUDA.',
    )
  }
  if (found.version !== version) {
    say(
      `STEGO_LIBTORCH is libtorch ${found.version ?? 'of unknown version'}; this package is tested with ${version}`,
    )
  }
  return { folder, from: 'STEGO_LIBTORCH', cuda: found.cuda }
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
