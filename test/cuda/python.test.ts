import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { findCudaLibtorch } from '../../lib/native/cuda.js'
import { temporaryFolder } from '../support/dataset.js'
import { packageIndex, settingUp, someWheels, TORCH, VERSION_PY } from './wheels.js'

const unix = process.platform === 'win32' ? test.skip : test

/** A torch folder of a Python that says this of itself. */
async function pythonTorch(
  t: ExecutionContext,
  version = VERSION_PY,
  libraries = ['c10', 'torch_cpu', 'c10_cuda', 'torch_cuda'],
) {
  const folder = join(await temporaryFolder(t), 'torch')
  await mkdir(join(folder, 'lib'), { recursive: true })
  await writeFile(join(folder, 'version.py'), version)
  for (const name of libraries) await writeFile(join(folder, 'lib', `lib${name}.so`), name)
  return folder
}

/** A folder with an interpreter that answers with this line. */
async function interpreter(t: ExecutionContext, answer: string, name = 'python3'): Promise<string> {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'bin'))
  const file = join(folder, 'bin', name)
  await writeFile(file, `#!/bin/sh\ncase "$2" in *find_spec*) echo '${answer}';; *) exit 1;; esac\n`)
  await chmod(file, 0o755)
  return folder
}

unix('a Python torch that fits is used, and nothing is fetched', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  const { cache, plans, setUp } = await settingUp(t, wheels, index.url)
  const folder = await pythonTorch(t)
  const env = { PATH: join(await interpreter(t, JSON.stringify(folder)), 'bin') }
  const setup = await setUp({ offline: true }, { env })
  t.like(setup, { source: 'python', folder, version: TORCH, before: false, downloaded: 0 })
  t.deepEqual([index.requests.length, plans.length], [0, 0])
  t.like(findCudaLibtorch(cache, TORCH), { source: 'python', folder, version: TORCH })
  t.like(await setUp({ offline: true }), { source: 'python', before: true })

  await writeFile(join(folder, 'version.py'), VERSION_PY.replace('2.13.0', '2.14.0'))
  t.is(findCudaLibtorch(cache, TORCH), null, 'it was updated')
  await rm(folder, { recursive: true })
  t.is(findCudaLibtorch(cache, TORCH), null, 'it is gone')
  t.like(await setUp({}, { env }), { source: 'setup', before: false })
})

unix('the torch of the active environment comes first', async (t) => {
  const { setUp } = await settingUp(t, [])
  const [own, conda] = [await pythonTorch(t), await pythonTorch(t)]
  const VIRTUAL_ENV = await interpreter(t, JSON.stringify(own), 'python')
  const CONDA_PREFIX = await interpreter(t, JSON.stringify(conda), 'python')
  const path = await interpreter(t, JSON.stringify(await pythonTorch(t)))
  const PATH = ['/nowhere', join(path, 'bin')].join(delimiter)
  t.is((await setUp({}, { env: { VIRTUAL_ENV, CONDA_PREFIX, PATH } })).folder, own)
  const other = await settingUp(t, [])
  t.is((await other.setUp({}, { env: { VIRTUAL_ENV: '/nowhere', CONDA_PREFIX, PATH } })).folder, conda)
})

const UNFIT: [version: string, problem: RegExp][] = [
  [
    VERSION_PY.replace('2.13.0+cu130', '2.9.1+cu130'),
    /torch 2\.9\.1\+cu130 in .*: expected version 2\.13\.$/,
  ],
  [VERSION_PY.replace("'13.0'", "'12.8'"), /: it is for CUDA 12\.8, expected CUDA 13\.$/],
  [VERSION_PY.replace("'13.0'", 'None'), /: it is a build without CUDA\.$/],
  ['', /torch of unknown version in .*: its version\.py does not say which version it is\.$/],
]

for (const [version, problem] of UNFIT) {
  unix(`one that does not fit is told of: ${problem.source}`, async (t) => {
    const wheels = await someWheels()
    const index = await packageIndex(t, wheels)
    const { notes, setUp } = await settingUp(t, wheels, index.url)
    const folder = await pythonTorch(t, version)
    const env = { PATH: join(await interpreter(t, JSON.stringify(folder)), 'bin') }
    t.is((await setUp({}, { env })).source, 'setup')
    t.is(notes.length, 1)
    t.regex(notes[0]!, problem)
  })
}

unix('one that lacks libraries is told of', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  for (const [libraries, problem] of [
    [['c10', 'torch_cpu'], 'it has no lib/libtorch_cuda.so'],
    [['c10', 'torch_cpu', 'torch_cuda'], 'it lacks libraries'],
  ] as const) {
    const { notes, setUp } = await settingUp(t, wheels, index.url)
    const folder = await pythonTorch(t, VERSION_PY, [...libraries])
    const env = { PATH: join(await interpreter(t, JSON.stringify(folder)), 'bin') }
    t.is((await setUp({}, { env })).source, 'setup')
    t.deepEqual(notes, [`Python's torch 2.13.0+cu130 in ${folder} is not used: ${problem}.`])
  }
})

unix('a Python without torch, or one that fails, is passed over', async (t) => {
  const wheels = await someWheels()
  const index = await packageIndex(t, wheels)
  for (const answer of ['null', 'Python 2 was here', '7']) {
    const { notes, setUp } = await settingUp(t, wheels, index.url)
    const env = { PATH: join(await interpreter(t, answer), 'bin') }
    t.is((await setUp({}, { env })).source, 'setup')
    t.deepEqual(notes, [])
  }
})
