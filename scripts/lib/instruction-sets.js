/** The instruction sets that kernels can be limited to on this processor (STEGO_INSTRUCTIONS). */
import { execFileSync } from 'node:child_process'
import { inRoot } from './paths.js'

const SETS = ['avx512', 'avx2', 'portable']

/** What the built addon takes when nothing limits it; asked in a process of its own, since libtorch never unloads. */
function kernels() {
  const addon = JSON.stringify(inRoot('build', 'Release', 'stego.node'))
  const script = `console.log(JSON.stringify(require(${addon}).describeMachine().kernels))`
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
}

/** Each set that takes something away, the widest first. */
export function narrowerSets() {
  const { processor, int8Products, bfloat16Products } = kernels()
  const limited = SETS.slice(SETS.indexOf(processor))
  return int8Products || bfloat16Products ? limited : limited.slice(1)
}
