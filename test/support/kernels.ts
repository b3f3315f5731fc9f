/** Tests that need certain kernels: where the processor lacks them they are skipped, and their titles say why. */
import test, { type ExecutionContext } from 'ava'
import { addon, type InstructionSet } from '../../lib/native/index.js'

type Body = (t: ExecutionContext, set: InstructionSet) => Promise<void>

const SETS: InstructionSet[] = ['avx512', 'avx2', 'portable']
const MISSING = 'not on this processor, or excluded by STEGO_INSTRUCTIONS'
const { instructions, int8Products } = addon().describeMachine().kernels

/** The sets that may be used here, the widest first. */
export const INSTRUCTION_SETS = SETS.slice(SETS.indexOf(instructions))

/** A serial test for each instruction set. */
export function testEachSet(title: string, body: Body): void {
  for (const set of SETS) {
    if (INSTRUCTION_SETS.includes(set)) test.serial(`${title}: ${set}`, (t) => body(t, set))
    else test.serial.skip(`${title}: ${set}, ${MISSING}`, (t) => body(t, set))
  }
}

/** A test that needs 8-bit products (AVX-512 VNNI). */
export function testInt8(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (int8Products) test(title, body)
  else test.skip(`${title}: AVX-512 VNNI, ${MISSING}`, body)
}
