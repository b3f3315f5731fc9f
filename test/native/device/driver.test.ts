/** Drivers that cannot be used, as CUDA itself tells of them; needs an addon that was built with CUDA. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { addon } from '../../../lib/native/index.js'

const SOURCE = fileURLToPath(new URL('stand-in-driver.c', import.meta.url))
const LIB = fileURLToPath(new URL('../../../lib/index.ts', import.meta.url))
const cuda = addon().describeCuda()
const withCuda = cuda.built && cuda.devices.length === 0 ? test : test.skip

/** What loading a model on a GPU says, with a driver of this CUDA version that starts with this code. */
function refusal(version: number | null, init = 0): string {
  const folder = mkdtempSync(join(tmpdir(), 'stego-driver-'))
  if (version !== null) {
    execFileSync('cc', ['-shared', '-fPIC', '-o', join(folder, 'libcuda.so.1'), SOURCE])
  }
  const script = `import(${JSON.stringify(LIB)}).then(async ({ Stego }) => {
    await Stego.train({ data: '.', classes: 2, backbone: 'starter', device: 'cuda' })
  }).catch((error) => console.log(error.code, error.message))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--import=tsx', '-e', script], {
    encoding: 'utf8',
    env: {
      ...process.env,
      LD_LIBRARY_PATH: folder,
      ...(version !== null && { STAND_IN_VERSION: String(version), STAND_IN_INIT: String(init) }),
    },
  })
  return stdout + stderr
}

withCuda('without a driver', (t) => {
  t.regex(refusal(null), /^ERR_STEGO_DEVICE .*there is no NVIDIA driver/)
})

withCuda('a driver of an earlier CUDA', (t) => {
  t.regex(refusal(12020), /^ERR_STEGO_DEVICE .*CUDA 12\.2.*580/s)
})

withCuda('a driver without a device', (t) => {
  t.regex(refusal(13000, 100), /^ERR_STEGO_DEVICE .*the NVIDIA driver is there, but no GPU is visible/)
})
