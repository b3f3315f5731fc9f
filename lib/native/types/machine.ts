/** The addon's description of the processor and libtorch. */
import type { InstructionSet } from './values.js'

/** What the kernels choose on this processor, and the libtorch that runs. */
export interface MachineDescription {
  kernels: {
    /** The instruction set that inner loops use here. */
    instructions: InstructionSet
    /** The widest that the processor has. */
    processor: InstructionSet
    /** What `limitInstructions()` was given; null where nothing is limited. */
    limit: InstructionSet | null
    /** Whether neighbors are searched by 8-bit products (AVX-512 VNNI). */
    int8Products: boolean
    /** Whether bfloat16 matrices are multiplied by instructions of their own (avx512_bf16, AMX). */
    bfloat16Products: boolean
  }
  libtorch: {
    /** The version that the addon was built on. */
    built: string
    /** The version of the libraries that are loaded; empty where they do not say. */
    running: string
    /** Whether the libraries were built for CUDA. */
    cuda: boolean
    /** The instruction set that libtorch's own kernels use here, such as `AVX2`. */
    instructions: string
  }
}
