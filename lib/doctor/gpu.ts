/** Graphics processors of Nvidia, by what their driver says. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

const MOST_MILLISECONDS = 3000
const QUERY = ['--query-gpu=name,memory.total', '--format=csv,noheader']

/** Devices with their memory, such as `NVIDIA H200, 143771 MiB`, and the version of the driver, null without one. */
export async function findGpu(platform: string): Promise<{ devices: string[]; driver: string | null }> {
  if (platform !== 'linux' && platform !== 'win32') return { devices: [], driver: null }
  const [devices, driver] = await Promise.all([
    ask(QUERY),
    ask(['--query-gpu=driver_version', '--format=csv,noheader']),
  ])
  return { devices, driver: driver[0] ?? kernelDriver() }
}

/** Lines of nvidia-smi; none where it is not there or has nothing to say. */
async function ask(query: string[]): Promise<string[]> {
  try {
    const { stdout } = await run('nvidia-smi', query, { timeout: MOST_MILLISECONDS, windowsHide: true })
    return stdout.split('\n').flatMap((line) => line.trim() || [])
  } catch {
    return []
  }
}

/** In containers the driver may be there without its tools. */
function kernelDriver(): string | null {
  try {
    const text = readFileSync('/proc/driver/nvidia/version', 'utf8')
    return /Kernel Module(?: for \S+)?\s+([\d.]+)/.exec(text)?.[1] ?? null
  } catch {
    return null
  }
}
