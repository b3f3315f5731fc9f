/** Puts what libtorch and CUDA say about a GPU without memory into one sentence with a remedy. */

const ASKED = /Tried to allocate ([\d.]+ [KMGT]?i?B)/
const FREE = /total capacity of ([\d.]+ [KMGT]?i?B) of which ([\d.]+ [KMGT]?i?B) is free/
const DEVICE = /\bGPU (\d+)/

/** The message of `ERR_STEGO_DEVICE_MEMORY` for the text of libtorch or CUDA. */
export function describeDeviceMemory(text: string): string {
  const asked = ASKED.exec(text)?.[1]
  const [, total, free] = FREE.exec(text) ?? []
  const device = DEVICE.exec(text)?.[1]
  const parts = [
    ...(asked === undefined ? [] : [`${asked} were asked for`]),
    ...(free === undefined ? [] : [`${free} of ${total} are free`]),
  ]
  const found = parts.length > 0 ? `: ${parts.join(', ')}` : ''
  return (
    `the GPU${device === undefined ? '' : ` cuda:${device}`} is out of memory${found}. Lower batch, resolution or ` +
    "maxPatches, end other programs on the GPU, or use device: 'cpu'."
  )
}
