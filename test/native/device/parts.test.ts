/** Signs of a driver, STEGO_DEVICE, and the words for a GPU without memory. */
import test from 'ava'
import { deviceFromEnv, isDeviceChoice } from '../../../lib/env.js'
import { StegoError } from '../../../lib/errors.js'
import { describeDeviceMemory } from '../../../lib/native/device-memory.js'
import { driverVersion, hasDriver } from '../../../lib/native/driver.js'
import { checked } from '../../../lib/native/index.js'

test('memory: what was asked for, what is free of what, and what lowers it', (t) => {
  const said =
    'CUDA out of memory. Tried to allocate 20.00 GiB. GPU 1 has a total capacity of 79.11 GiB of which 1.20 GiB is free. ' +
    'Including non-PyTorch memory, this process has 77.90 GiB memory in use.'
  t.is(
    describeDeviceMemory(said),
    'the GPU cuda:1 is out of memory: 20.00 GiB were asked for, 1.20 GiB of 79.11 GiB are free. Lower batch, resolution ' +
      "or maxPatches, end other programs on the GPU, or use device: 'cpu'.",
  )
  t.regex(describeDeviceMemory('Tried to allocate 512 MiB.'), /memory: 512 MiB were asked for\. Lower batch/)
  t.regex(describeDeviceMemory('out of memory'), /^the GPU is out of memory\. Lower batch/)
})

test("memory: the addon's error is that of the package, with these words", (t) => {
  const fail = () => {
    throw Object.assign(new Error('out of memory'), { code: 'ERR_STEGO_DEVICE_MEMORY' })
  }
  t.throws(() => checked(fail), {
    instanceOf: StegoError,
    message: /^the GPU is out of memory\. Lower batch/,
  })
})

test('a driver is seen by any of its signs', (t) => {
  t.false(hasDriver(() => false))
  for (const sign of [
    '/proc/driver/nvidia/version',
    '/dev/dxg',
    '/usr/lib/x86_64-linux-gnu/libcuda.so.1',
    '/usr/lib64/libcuda.so.1',
  ]) {
    t.true(
      hasDriver((path) => path === sign),
      sign,
    )
  }
})

test("the driver's version is that of the kernel module", (t) => {
  const said =
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version: 12.2.0\n'
  t.is(
    driverVersion(() => said),
    '580.65.06',
  )
  t.is(
    driverVersion(() => 'something else'),
    null,
  )
  t.is(
    driverVersion(() => {
      throw new Error('ENOENT')
    }),
    null,
  )
})

test('names of devices', (t) => {
  for (const name of ['auto', 'cpu', 'cuda', 'cuda:0', 'cuda:12']) t.true(isDeviceChoice(name), name)
  for (const name of ['gpu', 'CUDA', 'cuda:', 'cuda:-1', 'cuda:01', 'cuda:1.5', 'cpu:0', '', 0, null]) {
    t.false(isDeviceChoice(name), String(name))
  }
})

test.serial('STEGO_DEVICE: unset, a device, or an error with the remedy', (t) => {
  const { STEGO_DEVICE: before } = process.env
  t.teardown(() => {
    if (before === undefined) delete process.env.STEGO_DEVICE
    else process.env.STEGO_DEVICE = before
  })
  delete process.env.STEGO_DEVICE
  t.is(deviceFromEnv(), undefined)
  process.env.STEGO_DEVICE = ''
  t.is(deviceFromEnv(), undefined)
  process.env.STEGO_DEVICE = 'cuda:1'
  t.is(deviceFromEnv(), 'cuda:1')
  process.env.STEGO_DEVICE = 'gpu'
  t.throws(deviceFromEnv, {
    code: 'ERR_STEGO_OPTION',
    message:
      /STEGO_DEVICE must be auto, cpu, cuda, or cuda:0 and so on, got "gpu"\. Correct it, or unset it\./,
  })
})
