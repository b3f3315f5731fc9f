/** What the tests of setting up CUDA share: small wheels, an index that serves them, and a place to set up in. */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { SetupPlan } from '../../lib/cuda/plan.js'
import type { SetupProgress } from '../../lib/cuda/progress.js'
import { type SetupOptions, type SetupSettings, setUpCuda } from '../../lib/cuda/setup.js'
import { infoFolder, type Wheel } from '../../lib/cuda/wheel.js'
import { packZip } from '../formats/numpy-writer.js'
import { temporaryFolder } from '../support/dataset.js'
import { type FlakyServer, flakyServer, type Reply, ranged, status } from '../support/flaky-server.js'
import { quickClock, sha256Of, someBytes } from '../weights/fetching.js'

export const TORCH = '2.13.0'
export const VERSION_PY =
  "from typing import Optional\n\n__version__ = '2.13.0+cu130'\ncuda: Optional[str] = '13.0'\n"

/** A wheel with its bytes. */
export interface FakeWheel {
  wheel: Wheel
  content: Buffer
}

/** Packs files into a wheel. */
export async function makeWheel(
  name: string,
  version: string,
  files: Record<string, Buffer | string>,
): Promise<FakeWheel> {
  const file = `${name.replaceAll('-', '_')}-${version}-py3-none-manylinux_2_28_x86_64.whl`
  const info = infoFolder({ file })
  const members = Object.entries({
    ...files,
    [`${info}/METADATA`]: 'Metadata-Version: 2.4\n',
    [`${info}/RECORD`]: '',
  })
  const content = await packZip(
    members.map(([name, text]) => ({ name, bytes: Buffer.from(text as string) })),
    true,
  )
  const unpacked = members.reduce((sum, [, text]) => sum + text.length, 0)
  return {
    wheel: { name, version, file, size: content.length, sha256: sha256Of(content), unpacked },
    content,
  }
}

/** torch and two of NVIDIA's packages, which share a folder. */
export async function someWheels(): Promise<FakeWheel[]> {
  return [
    await makeWheel('torch', TORCH, {
      'torch/version.py': VERSION_PY,
      'torch/__init__.py': 'raise Exception',
      'torch/include/torch.h': '#pragma once',
      'torch/bin/tool': 'a tool',
      'torch/lib/libc10.so': someBytes(900, 1),
      'torch/lib/libtorch_cpu.so': someBytes(90_000, 2),
      'torch/lib/libc10_cuda.so': someBytes(800, 3),
      'torch/lib/libtorch_cuda.so': someBytes(120_000, 4),
      'torch/lib/libgomp.so.1': someBytes(700, 5),
      'torch/lib/libtorch_python.so': someBytes(600, 6),
      'torch/lib/libshm.so': someBytes(500, 7),
      'torch/lib/libthing.a': someBytes(400, 8),
      'torch-2.13.0.dist-info/licenses/': '',
      'torch-2.13.0.dist-info/licenses/third_party/': '',
      'torch-2.13.0.dist-info/licenses/LICENSE': 'the license of torch',
    }),
    await makeWheel('nvidia-cublas', '13.1.1.3', {
      'nvidia/__init__.py': '',
      'nvidia/cu13/lib/libcublas.so.13': someBytes(60_000, 9),
      'nvidia/cu13/include/cublas.h': '#pragma once',
      'nvidia_cublas-13.1.1.3.dist-info/licenses/License.txt': 'the license of cuBLAS',
    }),
    await makeWheel('nvidia-cufft', '12.0.0.61', {
      'nvidia/cu13/lib/libcufft.so.12': someBytes(50_000, 10),
      'nvidia/cu13/LICENSE.txt': 'another license',
      'nvidia/cu13/license.py': 'raise Exception',
      'nvidia_cufft-12.0.0.61.dist-info/License.txt': 'the license of cuFFT',
    }),
  ]
}

/** What a setup of these wheels leaves in `site`. */
export const SITE = [
  'nvidia/cu13/LICENSE.txt',
  'nvidia/cu13/lib/libcublas.so.13',
  'nvidia/cu13/lib/libcufft.so.12',
  'nvidia_cublas-13.1.1.3.dist-info/METADATA',
  'nvidia_cublas-13.1.1.3.dist-info/licenses/License.txt',
  'nvidia_cublas-13.1.1.3.dist-info/stego-setup.json',
  'nvidia_cufft-12.0.0.61.dist-info/License.txt',
  'nvidia_cufft-12.0.0.61.dist-info/METADATA',
  'nvidia_cufft-12.0.0.61.dist-info/stego-setup.json',
  'setup.json',
  'torch-2.13.0.dist-info/METADATA',
  'torch-2.13.0.dist-info/licenses/LICENSE',
  'torch-2.13.0.dist-info/stego-setup.json',
  'torch/lib/libc10.so',
  'torch/lib/libc10_cuda.so',
  'torch/lib/libgomp.so.1',
  'torch/lib/libtorch_cpu.so',
  'torch/lib/libtorch_cuda.so',
  'torch/version.py',
]

export interface IndexOptions {
  /** As a web page rather than JSON. */
  html?: boolean
  /** Answers instead of the file of a name, or the page of a package, used up one by one. */
  instead?: Record<string, Reply[]>
}

/** A package index of wheels; `url` is its address, `fetched` the files asked for. */
export async function packageIndex(
  t: ExecutionContext,
  wheels: FakeWheel[],
  { html = false, instead = {} }: IndexOptions = {},
): Promise<FlakyServer & { fetched(): string[] }> {
  const answer: Reply = (request, response) => {
    const [, folder, name] = request.url!.split('/') as [string, string, string]
    const reply = instead[name]?.shift()
    if (reply) return reply(request, response)
    if (folder === 'files') {
      const found = wheels.find(({ wheel }) => wheel.file === name)
      return (found ? ranged(found.content) : status(404))(request, response)
    }
    const files = wheels.filter(({ wheel }) => wheel.name === name).map(({ wheel }) => wheel.file)
    if (files.length === 0) return status(404)(request, response)
    const [type, text] = html
      ? [
          'text/html',
          files.map((file) => `<a href="../../files/${file}#sha256=0">${file}</a><br/>`).join('\n'),
        ]
      : [
          'application/vnd.pypi.simple.v1+json',
          JSON.stringify({ files: files.map((filename) => ({ filename, url: `../../files/${filename}` })) }),
        ]
    response.writeHead(200, { 'content-type': type }).end(text)
  }
  const { url, requests } = await flakyServer(t, [answer])
  const fetched = () =>
    requests.flatMap(({ path }) => (path.startsWith('/files/') ? [path.slice('/files/'.length)] : []))
  return { url: `${url}/simple`, requests, fetched }
}

/** A cache folder to set up in, with all that was told along the way. */
export async function settingUp(
  t: ExecutionContext,
  wheels: FakeWheel[],
  index = 'http://127.0.0.1:9/simple',
) {
  const cache = await temporaryFolder(t)
  const nowhere = await temporaryFolder(t)
  const folder = join(cache, 'cuda', `torch-${TORCH}`)
  const plans: SetupPlan[] = []
  const notes: string[] = []
  const told: SetupProgress[] = []
  const setUp = (options: SetupOptions = {}, settings: Partial<SetupSettings> = {}) =>
    setUpCuda(
      {
        cache,
        index,
        offline: false,
        onPlan: (plan) => void plans.push(plan),
        onNote: (note) => void notes.push(note),
        onProgress: (progress) => void told.push(progress),
        ...options,
      },
      {
        platform: 'linux',
        arch: 'x64',
        torch: TORCH,
        cuda: '13.0.3',
        wheels: wheels.map(({ wheel }) => wheel),
        env: { PATH: nowhere },
        transport: { proxies: {} },
        clock: quickClock(),
        freeBytes: async () => 1e12,
        ...settings,
      },
    )
  return { cache, folder, site: join(folder, 'site'), plans, notes, told, setUp }
}

/** All files below a folder, by their path in it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}
