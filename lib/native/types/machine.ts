/** The addon's description of the processor and libtorch. */
import type { InstructionSet } from './values.js'

/** What the kernels choose on this processor, and the libtorch in use. */
export interface MachineDescription {
  kernels: {
    /** The instruction set that inner loops use here. */
    instructions: InstructionSet
    /** The widest instruction set of the processor. */
    processor: InstructionSet
    /** The limit given to `limitInstructions()`; null if there is none. */
    limit: InstructionSet | null
    /** Whether neighbors are searched with 8-bit products (AVX-512 VNNI). */
    int8Products: boolean
    /** Whether bfloat16 matrices are multiplied with dedicated instructions (avx512_bf16, AMX). */
    bfloat16Products: boolean
  }
  libtorch: {
    /** The version that the addon was built with. */
    built: string
    /** The version of the libraries that are loaded; empty if they do not report it. */
    running: string
    /** Whether the libraries were built for CUDA. */
    cuda: boolean
    /** The instruction set that libtorch's own kernels use here, such as `AVX2`. */
    instructions: string
  }
}
