/** onnxruntime-node, which is not a dependency of the package: installed next to it when a benchmark needs it. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '1.30.0'
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/stego-peers/', import.meta.url))

interface OrtTensor {
  data: Float32Array
  dims: readonly number[]
}
export interface OrtSession {
  run(inputs: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>
  release(): Promise<void>
}
interface Ort {
  Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => OrtTensor
  InferenceSession: { create(path: string, options: object): Promise<OrtSession> }
}

let loaded: Ort | undefined

/** The package, downloaded from the registry if it is not there yet. Its scripts are not run. */
function load(): Ort {
  if (loaded) return loaded
  const place = join(FOLDER, 'node_modules', 'onnxruntime-node')
  if (!existsSync(place)) {
    mkdirSync(FOLDER, { recursive: true })
    const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', FOLDER]
    execFileSync('npm', [...words, `onnxruntime-node@${VERSION}`], { stdio: ['ignore', 2, 2] })
  }
  loaded = createRequire(join(FOLDER, 'index.js'))('onnxruntime-node') as Ort
  return loaded
}

export interface OrtModel {
  /** `features` of an image [B, 3, H, W]. */
  run(image: Float32Array, shape: number[]): Promise<Float32Array>
  release(): Promise<void>
}

/** Loads a model file on the CPU with all graph optimizations. */
export async function openOnnx(file: string, threads: number): Promise<OrtModel> {
  const ort = load()
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  })
  return {
    run: async (image, shape) =>
      (await session.run({ image: new ort.Tensor('float32', image, shape) })).features!.data,
    release: () => session.release(),
  }
}
