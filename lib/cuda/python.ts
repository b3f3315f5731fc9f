/** Looks for a Python torch that is already installed, without importing it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sameSeries } from '../native/libtorch.js'

/** A Python torch. */
export interface PythonTorch {
  /** The folder `torch`. */
  folder: string
  /** As it says itself, such as `2.13.0+cu130`. */
  version: string
  /** Why it is not used; null if it fits. */
  problem: string | null
}

type Environment = Record<string, string | undefined>

/** The working folder is left out: a folder named torch may lie in it. */
const WHERE_IS_TORCH = `
import sys
sys.path = [path for path in sys.path if path]
import importlib.util, json
spec = importlib.util.find_spec('torch')
print(json.dumps(list(spec.submodule_search_locations or [None])[0] if spec else None))
`
const TIMEOUT = 30_000

/** Finds the torch of each Python: that of the active environment, then those of the search path. */
export async function findPythonTorch(
  wanted: { version: string; cuda: string },
  env: Environment = process.env,
): Promise<PythonTorch[]> {
  const found = new Map<string, PythonTorch>()
  for (const python of pythons(env)) {
    const folder = await torchOf(python, env)
    if (folder === null || found.has(folder)) continue
    const torch = await inspect(folder, wanted)
    found.set(folder, torch)
    if (torch.problem === null) break
  }
  return [...found.values()]
}

function pythons({ VIRTUAL_ENV, CONDA_PREFIX }: Environment): string[] {
  const active = [VIRTUAL_ENV, CONDA_PREFIX].filter((folder) => folder)
  return [...active.map((folder) => join(folder!, 'bin', 'python')), 'python3', 'python']
}

/** The folder of an interpreter's torch; null if there is no interpreter or no torch. */
async function torchOf(python: string, env: Environment): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', WHERE_IS_TORCH], { env, timeout: TIMEOUT })
    const folder = JSON.parse(stdout)
    return typeof folder === 'string' ? folder : null
  } catch {
    return null
  }
}

async function inspect(folder: string, wanted: { version: string; cuda: string }): Promise<PythonTorch> {
  const text = await readFile(join(folder, 'version.py'), 'utf8').catch(() => '')
  const version = /^__version__ = '([^']+)'/m.exec(text)?.[1]
  const cuda = /^cuda(?:: [^=]+)? = '([\d.]+)'/m.exec(text)?.[1]
  const problem =
    version === undefined
      ? 'its version.py does not say which version it is'
      : !sameSeries(version, wanted.version)
        ? `expected version ${wanted.version.split('.').slice(0, 2).join('.')}`
        : cuda === undefined
          ? 'it is a build without CUDA'
          : major(cuda) !== major(wanted.cuda)
            ? `it is for CUDA ${cuda}, expected CUDA ${major(wanted.cuda)}`
            : existsSync(join(folder, 'lib', 'libtorch_cuda.so'))
              ? null
              : 'it has no lib/libtorch_cuda.so'
  return { folder, version: version ?? 'of unknown version', problem }
}

const major = (version: string) => version.split('.')[0]
