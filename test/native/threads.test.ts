/** How many threads and how much memory a process uses, and the control groups that decide it in containers. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { memoryBudget } from '../../lib/features/plan.js'
import { cpuQuota, memoryLimit } from '../../lib/native/cgroup.js'
import { chooseThreads } from '../../lib/native/threads.js'
import { temporaryFolder } from '../support/dataset.js'

async function system(t: ExecutionContext, files: Record<string, string>): Promise<string> {
  const root = await temporaryFolder(t)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  return root
}

test('v2: the quota of the group or of a parent, the smallest', async (t) => {
  const proc = { 'proc/self/cgroup': '0::/kube/pod/app\n' }
  const groups = 'sys/fs/cgroup'
  t.is(cpuQuota(await system(t, { ...proc, [`${groups}/cpu.max`]: '50000 100000\n' })), 0.5)
  t.is(cpuQuota(await system(t, { ...proc, [`${groups}/kube/pod/app/cpu.max`]: 'max 100000\n' })), undefined)
  const both = {
    [`${groups}/kube/pod/app/cpu.max`]: '400000 100000\n',
    [`${groups}/kube/cpu.max`]: '300000 200000\n',
  }
  t.is(cpuQuota(await system(t, { ...proc, ...both })), 1.5)
})

test('v1: the quota of the cpu controller, -1 is none', async (t) => {
  const proc = {
    'proc/self/cgroup': '5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/docker/x\n',
  }
  const quota = (folder: string, value: string) => ({
    [`sys/fs/cgroup/${folder}/cpu.cfs_quota_us`]: value,
    [`sys/fs/cgroup/${folder}/cpu.cfs_period_us`]: '100000\n',
  })
  t.is(cpuQuota(await system(t, { ...proc, ...quota('cpu', '250000\n') })), 2.5)
  t.is(cpuQuota(await system(t, { ...proc, ...quota('cpu,cpuacct/docker/x', '50000\n') })), 0.5)
  t.is(cpuQuota(await system(t, { ...proc, ...quota('cpu', '-1\n') })), undefined)
})

test('memory: the smallest limit of v2 and v1, and none', async (t) => {
  const unified = { 'proc/self/cgroup': '0::/app\n' }
  const limit = { 'sys/fs/cgroup/app/memory.max': 'max\n', 'sys/fs/cgroup/memory.max': '1073741824\n' }
  t.is(memoryLimit(await system(t, { ...unified, ...limit })), 2 ** 30)
  const legacy = { 'proc/self/cgroup': '5:memory:/x\n' }
  const file = 'sys/fs/cgroup/memory/x/memory.limit_in_bytes'
  t.is(memoryLimit(await system(t, { ...legacy, [file]: '536870912\n' })), 2 ** 29)
  t.is(memoryLimit(await system(t, { ...legacy, [file]: '9223372036854771712\n' })), undefined)
  t.is(memoryBudget(2 ** 31, 2 ** 30), 2 ** 29)
  t.is(memoryBudget(2 ** 20, 2 ** 30), 2 ** 20)
  t.is(memoryBudget(2 ** 31, Number.POSITIVE_INFINITY), 2 ** 31)
})

test('without control groups there is no quota', async (t) => {
  t.is(cpuQuota(await system(t, { 'proc/self/cgroup': 'nonsense\n' })), undefined)
  t.is(cpuQuota(await system(t, {})), undefined)
})

test('a quota limits the threads, to one at least', (t) => {
  t.deepEqual(chooseThreads(0.5), { threads: 1, reason: 'CPU quota of 0.5 cores' })
  t.notRegex(chooseThreads(1000).reason, /quota/)
})

test('STEGO_THREADS goes first, and is refused if it is no number of threads', (t) => {
  const before = process.env.STEGO_THREADS
  t.teardown(() => {
    if (before === undefined) delete process.env.STEGO_THREADS
    else process.env.STEGO_THREADS = before
  })
  process.env.STEGO_THREADS = '3'
  t.deepEqual(chooseThreads(0.5), { threads: 3, reason: 'STEGO_THREADS' })
  for (const wrong of ['0', 'two', '1.5', '-1']) {
    process.env.STEGO_THREADS = wrong
    t.throws(() => chooseThreads(), {
      code: 'ERR_STEGO_OPTION',
      message: /STEGO_THREADS must be a positive integer/,
    })
  }
})
