/** `stego doctor --setup cuda` */
import { describePlan } from '../cuda/plan.js'
import { type CudaSetup, setUpCuda } from '../cuda/setup.js'
import { formatBytes } from '../options/bytes.js'
import { setupReport } from '../progress/cuda.js'
import { openStatus } from '../progress/status.js'
import type { CommandContext } from './command.js'
import { Interrupted } from './interrupt.js'

export async function runCudaSetup({ terminal, signal }: CommandContext, json: boolean): Promise<void> {
  const status = openStatus(terminal.stderr)
  try {
    const setup = await setUpCuda({
      signal,
      onPlan: (plan) => terminal.note(describePlan(plan)),
      onNote: terminal.note,
      onProgress: (progress) => status.show(setupReport(progress)),
    })
    status.stop()
    terminal.print(json ? JSON.stringify(setup) : describeSetup(setup))
  } catch (error) {
    if (!(error instanceof Interrupted) || error !== signal.reason) throw error
    throw new Interrupted(error.code, `${error.message}; to continue: stego doctor --setup cuda`)
  } finally {
    status.stop()
  }
}

function describeSetup({ folder, version, source, before, unpacked, package: addon }: CudaSetup): string {
  const whose = source === 'python' ? ', that of a Python environment' : ''
  const done = before
    ? 'was set up before; nothing to do'
    : `is set up${unpacked > 0 ? `, ${formatBytes(unpacked)}` : ''}`
  const commands = [...(addon.installed ? [] : [`npm install ${addon.name}`]), 'stego doctor']
  return `libtorch ${version} for CUDA ${done}: ${folder}${whose}\nnext: ${commands.join(', then ')}`
}
