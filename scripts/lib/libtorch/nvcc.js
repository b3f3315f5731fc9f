/** Whether to build with CUDA: STEGO_CUDA, and the compiler that it takes. */
import path from 'node:path'
import { run } from '../process.js'
import { Problem } from '../report.js'

/** The major version of the toolkit, the same as that of the CUDA builds of libtorch. */
const MAJOR = 13

/** `on`, `off` or `auto`, as STEGO_CUDA says; throws a Problem for other words. */
export function cudaWanted({ STEGO_CUDA: word }) {
  if (!word || word === 'auto') return 'auto'
  if (word === 'on' || word === '1') return 'on'
  if (word === 'off') return 'off'
  throw new Problem(`STEGO_CUDA=${word} is not known: expected on, off or auto. Correct it, or unset it.`)
}

/** The path of nvcc where cmake/cuda.cmake looks for it; null if there is none of the right version. */
export async function findNvcc(env) {
  const folders = [
    ...[env.CUDA_HOME, env.CUDA_PATH].filter(Boolean).map((folder) => path.join(folder, 'bin')),
    ...(env.PATH ?? '').split(path.delimiter).filter(Boolean),
    '/usr/local/cuda/bin',
  ]
  for (const folder of folders) {
    const nvcc = path.join(folder, 'nvcc')
    const { ok, missing, stdout } = await run(nvcc, ['--version'], { env })
    if (missing) continue
    return ok && Number(/release (\d+)\./.exec(stdout)?.[1]) === MAJOR ? nvcc : null
  }
  return null
}

export const NO_NVCC = `nvcc of CUDA ${MAJOR}: put it on PATH, or set CUDA_HOME to the toolkit's folder`
