/** libtorch from Python: the installed torch, or a wheel downloaded with pip. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { run } from '../process.js'
import { endLine, say, step } from '../report.js'
import { describeLack, inspectFolder, unpackIntoCache, withTemporaryFolder } from './cache.js'
import { NO_NVCC } from './nvcc.js'

const PYTORCH_INDEX = 'https://download.pytorch.org/whl/cpu'

export const pythonName = (platform) => (platform === 'win32' ? 'python' : 'python3')

// Reads the package's metadata; importing torch would take seconds.
const WHERE_IS_TORCH = `
import importlib.metadata, json, os
try:
    torch = importlib.metadata.distribution('torch')
    print(json.dumps({'version': torch.version, 'folder': os.fspath(torch.locate_file('torch'))}))
except importlib.metadata.PackageNotFoundError:
    print('null')
`

/** The folder of an installed torch in the wanted version, a CPU build or one for CUDA; otherwise throws the reason. */
export async function installedTorch({ version, env, platform, wanted }, { cuda = false } = {}) {
  const python = pythonName(platform)
  const result = await run(python, ['-c', WHERE_IS_TORCH], { env })
  if (!result.ok) throw new Error(result.reason)
  const torch = JSON.parse(result.stdout)
  if (torch === null) throw new Error(`${python} has no torch`)
  if (torch.version.split('+')[0] !== version)
    throw new Error(`${python} has torch ${torch.version}, not ${version}`)
  const found = inspectFolder(torch.folder, platform)
  if (found.missing.length > 0) throw new Error(describeLack(torch.folder, found.missing))
  if (cuda && !found.cuda) throw new Error(`torch ${torch.version} of ${python} is a CPU build`)
  if (found.cuda && !cuda) {
    const note = `torch ${torch.version} of ${python} is a CUDA build`
    if (wanted !== 'off') say(`passed over: ${note}, and building with it needs ${NO_NVCC}`)
    throw new Error(note)
  }
  return torch.folder
}

/** The name of the CPU wheel: PyTorch's own index marks it, and macOS has no other kind. */
export const cpuRequirement = ({ version, platform }) =>
  platform === 'darwin' ? `torch==${version}` : `torch==${version}+cpu`

/** Downloads the CPU wheel with pip, first from its configured indexes, then from PyTorch's, and unpacks it. */
export async function wheelFromPip(request) {
  return withTemporaryFolder(request, async (temporary) => {
    const requirement = cpuRequirement(request)
    await step(`downloading ${requirement} with pip (80 to 200 MB)`, () =>
      downloadWheel(requirement, temporary, request),
    )
    const wheel = readdirSync(temporary).find((name) => name.endsWith('.whl'))
    if (!wheel) throw new Error('pip succeeded but left no wheel')
    return step('unpacking libtorch', () =>
      unpackIntoCache(path.join(temporary, wheel), 'torch', temporary, request),
    )
  })
}

async function downloadWheel(requirement, into, { env, platform }) {
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', into]
  const live = process.stderr.isTTY
  const shown = live ? { stdout: 2 } : {}
  const reasons = []
  for (const index of [[], ['--index-url', PYTORCH_INDEX, '--retries', '1', '--timeout', '15']]) {
    if (live) endLine() // pip draws its own progress
    const result = await run(pythonName(platform), [...download, ...index, requirement], { env, ...shown })
    if (result.ok) return
    reasons.push(result.reason)
    if (result.missing) break
  }
  throw new Error(reasons.join("; from PyTorch's index: "))
}
