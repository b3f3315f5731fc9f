/** The device for what was asked, on machines of every kind. */
import test from 'ava'
import { chooseDevice, type LoadingFacts } from '../../../lib/native/device.js'
import type { CudaDescription, DeviceChoice } from '../../../lib/native/index.js'

const H100 = { name: 'NVIDIA H100 80GB HBM3', capability: [9, 0] as [number, number], bytes: 8e10 }
const A100 = { name: 'NVIDIA A100-SXM4-40GB', capability: [8, 0] as [number, number], bytes: 4e10 }
const V100 = { name: 'Tesla V100-SXM2-16GB', capability: [7, 0] as [number, number], bytes: 16e9 }

const NO_CUDA: CudaDescription = { built: false, runtime: 0, driver: 0, error: 0, message: '', devices: [] }
const CUDA: CudaDescription = { ...NO_CUDA, built: true, runtime: 13000, driver: 13000 }
const FACTS: LoadingFacts = {
  platform: 'linux-x64',
  version: '1.2.3',
  ownAddon: null,
  onlyCpu: false,
  package: { name: '@stego/linux-x64-cuda13', installed: true },
  libtorch: true,
  libtorchPath: undefined,
  problem: null,
  driver: true,
  visible: undefined,
}
const NOT_INSTALLED = { name: '@stego/linux-x64-cuda13', installed: false }

const found: {
  title: string
  asked: DeviceChoice
  devices: CudaDescription['devices']
  is: [string, string]
}[] = [
  { title: 'auto', asked: 'auto', devices: [H100], is: ['cuda:0', H100.name] },
  {
    title: 'auto passes over what is too old',
    asked: 'auto',
    devices: [V100, A100],
    is: ['cuda:1', A100.name],
  },
  { title: 'cuda', asked: 'cuda', devices: [V100, H100], is: ['cuda:1', H100.name] },
  { title: 'a certain one', asked: 'cuda:1', devices: [H100, A100], is: ['cuda:1', A100.name] },
]

for (const { title, asked, devices, is } of found) {
  test(`a GPU: ${title}`, (t) => {
    const { device, name, remedy } = chooseDevice(asked, { ...CUDA, devices }, FACTS)
    t.deepEqual([device, name], is)
    t.is(remedy, null)
  })
}

test('the CPU, whatever else there is', (t) => {
  const { device, name } = chooseDevice('cpu', { ...CUDA, devices: [H100] }, FACTS)
  t.deepEqual([device, name], ['cpu', null])
})

interface Refused {
  title: string
  asked?: DeviceChoice
  cuda?: Partial<CudaDescription>
  facts?: Partial<LoadingFacts>
  cause: string
  remedy: RegExp
}

const refused: Refused[] = [
  {
    title: 'another platform',
    facts: { platform: 'darwin-arm64' },
    cause: 'GPUs are supported on linux-x64, and this is darwin-arm64',
    remedy: /another machine/,
  },
  {
    title: 'no package',
    facts: { package: NOT_INSTALLED, libtorch: false },
    cause: 'the package @stego/linux-x64-cuda13 is not installed',
    remedy: /`npm install @stego\/linux-x64-cuda13@1\.2\.3` and `stego doctor --setup cuda`/,
  },
  {
    title: 'no libtorch',
    facts: { libtorch: false },
    cause: 'libtorch for CUDA is not set up',
    remedy: /`stego doctor --setup cuda`/,
  },
  {
    title: 'STEGO_LIBTORCH for the CPU',
    facts: { libtorch: false, libtorchPath: '/opt/libtorch' },
    cause: 'STEGO_LIBTORCH=/opt/libtorch has no libtorch for CUDA',
    remedy: /one with libtorch_cuda, or unset it/,
  },
  {
    title: 'a checkout built without CUDA',
    facts: { ownAddon: '/src/build/Release/stego.node', package: NOT_INSTALLED },
    cause: 'the addon /src/build/Release/stego.node was built without CUDA',
    remedy: /`STEGO_CUDA=on npm run build`/,
  },
  {
    title: 'STEGO_DEVICE=cpu',
    facts: { onlyCpu: true },
    cause: 'STEGO_DEVICE=cpu has loaded the addon without CUDA',
    remedy: /Unset it before the process starts/,
  },
  {
    title: 'an addon that does not load',
    facts: { problem: 'libcublas.so.13: cannot open shared object file' },
    cause: 'the addon for CUDA did not load (libcublas.so.13: cannot open shared object file)',
    remedy: /Install it and libtorch again/,
  },
  {
    title: 'too late',
    facts: { driver: false },
    cause: 'there is no NVIDIA driver, and this process has loaded the addon without CUDA for that reason',
    remedy: /set STEGO_DEVICE=cuda before the process starts/,
  },
  {
    title: 'no driver',
    cuda: { built: true, runtime: 13000, error: 35, message: 'CUDA driver version is insufficient' },
    cause: 'there is no NVIDIA driver',
    remedy: /Install the driver, 580 or later/,
  },
  {
    title: 'an old driver',
    cuda: { built: true, runtime: 13000, driver: 12040, error: 35, message: 'insufficient' },
    cause: 'the NVIDIA driver supports CUDA 12.4, and 13.0 is needed',
    remedy: /Update the driver to 580 or later/,
  },
  {
    title: 'no device',
    cuda: { ...CUDA, error: 100, message: 'no CUDA-capable device is detected' },
    cause: 'the NVIDIA driver is there, but no GPU is visible',
    remedy: /--gpus all/,
  },
  {
    title: 'hidden devices',
    cuda: { ...CUDA, error: 100, message: 'no CUDA-capable device is detected' },
    facts: { visible: '' },
    cause: 'no GPU is visible: CUDA_VISIBLE_DEVICES="" hides them',
    remedy: /Unset it/,
  },
  {
    title: 'one that is not there',
    asked: 'cuda:3',
    cuda: { ...CUDA, devices: [H100, A100] },
    cause: 'there are 2 GPUs: cuda:0 (NVIDIA H100 80GB HBM3), cuda:1 (NVIDIA A100-SXM4-40GB)',
    remedy: /Use one that is there/,
  },
  {
    title: 'one that is not there beside the only one',
    asked: 'cuda:1',
    cuda: { ...CUDA, devices: [H100] },
    cause: 'there is 1 GPU: cuda:0 (NVIDIA H100 80GB HBM3)',
    remedy: /Use one that is there/,
  },
  {
    title: 'an old one by its number',
    asked: 'cuda:0',
    cuda: { ...CUDA, devices: [V100, H100] },
    cause: 'Tesla V100-SXM2-16GB has compute capability 7.0, and 8.0 is needed',
    remedy: /Ampere/,
  },
  {
    title: 'old ones alone',
    cuda: { ...CUDA, devices: [V100, V100] },
    cause:
      'cuda:0 (Tesla V100-SXM2-16GB), cuda:1 (Tesla V100-SXM2-16GB) have compute capability 7.0, 7.0, and 8.0 is needed',
    remedy: /Ampere/,
  },
  {
    title: "CUDA's own error",
    cuda: { ...CUDA, error: 804, message: 'forward compatibility was attempted on non supported HW' },
    cause: 'CUDA reports "forward compatibility was attempted on non supported HW" (error 804)',
    remedy: /nvidia-smi/,
  },
]

for (const { title, asked = 'cuda', cuda = {}, facts = {}, cause, remedy } of refused) {
  test(`refused: ${title}`, (t) => {
    const machine = [
      { ...NO_CUDA, ...cuda },
      { ...FACTS, ...facts },
    ] as const
    const { message } = t.throws(() => chooseDevice(asked, ...machine), { code: 'ERR_STEGO_DEVICE' })
    t.true(message.startsWith(`the device "${asked}" cannot be used: ${cause}. `), message)
    t.regex(message, remedy)
  })
}

for (const { title, asked, cuda = {}, facts = {}, cause, remedy } of refused) {
  if (asked !== undefined) continue
  test(`auto goes to the CPU: ${title}`, (t) => {
    const used = chooseDevice('auto', { ...NO_CUDA, ...cuda }, { ...FACTS, ...facts })
    t.is(used.device, 'cpu')
    if (title === 'too late') return t.is(used.reason, 'there is no NVIDIA driver')
    t.is(used.reason, cause)
    t.regex(used.remedy!, remedy)
  })
}
