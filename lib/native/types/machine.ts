/** The addon's description of the processor and libtorch. */
import type { InstructionSet } from './values.js'

/** What the addon and this machine have of CUDA. */
export interface CudaDescription {
  /** Whether the addon was built with CUDA; if not, nothing else is known. */
  built: boolean
  /** The version of CUDA's runtime, 13000 for 13.0. */
  runtime: number
  /** The version of CUDA that the driver supports; 0 without a driver. */
  driver: number
  /** CUDA's error when it was asked for devices; 0 for none. */
  error: number
  /** That error in CUDA's words. */
  message: string
  devices: {
    name: string
    /** Compute capability: major, minor. */
    capability: [number, number]
    /** Memory. */
    bytes: number
  }[]
}

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
