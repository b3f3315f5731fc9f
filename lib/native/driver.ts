/** Signs of an NVIDIA driver, found without opening any of its libraries. */
import { existsSync, readFileSync } from 'node:fs'

const KERNEL_MODULE = '/proc/driver/nvidia/version'

/** Of the kernel module, of Windows below WSL, and the library that programs open, where systems and containers put it. */
const SIGNS = [
  KERNEL_MODULE,
  '/dev/dxg',
  ...[
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/lib/x86_64-linux-gnu',
    '/usr/local/nvidia/lib64',
    '/usr/lib/wsl/lib',
    '/run/opengl-driver/lib',
  ].map((folder) => `${folder}/libcuda.so.1`),
]

/** Whether there may be an NVIDIA driver. */
export const hasDriver = (exists: (path: string) => boolean = existsSync): boolean => SIGNS.some(exists)

/** The version of the kernel module, such as 580.65.06; null if it does not say. */
export function driverVersion(
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): string | null {
  try {
    return /\b\d{3,}\.\d+(\.\d+)?\b/.exec(read(KERNEL_MODULE))?.[0] ?? null
  } catch {
    return null
  }
}
