/** Checks for the programs a C++ build needs before the build, to report what is missing in plain words. */
import os from 'node:os'
import { run } from './process.js'
import { Problem } from './report.js'

const OLDEST_CMAKE = [3, 18]

const REMEDIES = {
  linux:
    'Debian, Ubuntu: sudo apt install g++ cmake ninja-build\n' +
    '  Fedora: sudo dnf install gcc-c++ cmake ninja-build',
  darwin: 'xcode-select --install, and brew install cmake ninja',
  win32: 'install "Desktop development with C++" from the Visual Studio Build Tools, which includes CMake',
}

const remedy = (platform) =>
  `To fix it, do this and run the command again:\n  ${REMEDIES[platform] ?? REMEDIES.linux}`

export async function ensureCmake({ env = process.env, platform = process.platform } = {}) {
  const found = await run('cmake', ['--version'], { env })
  const oldest = OLDEST_CMAKE.join('.')
  if (!found.ok) {
    throw new Problem(
      `CMake ${oldest} or newer is needed to build the addon: ${found.reason}.\n${remedy(platform)}`,
    )
  }
  const version = /(\d+)\.(\d+)\.\d+/.exec(found.stdout)
  const [major, minor] = version.slice(1).map(Number)
  if (major < OLDEST_CMAKE[0] || (major === OLDEST_CMAKE[0] && minor < OLDEST_CMAKE[1])) {
    throw new Problem(
      `CMake ${oldest} or newer is needed to build the addon; the one on PATH is ${version[0]}.\n` +
        `${remedy(platform)}\n  or, anywhere: pip install cmake`,
    )
  }
}

const PROBE = `#include <concepts>
#include <span>
template <std::integral T> constexpr T twice(T x) { return x + x; }
int main() { return twice(0) + static_cast<int>(std::span<int>{}.size()); }
`

/** Compiles a few lines of C++20. On Windows, cmake-js looks for Visual Studio itself. */
export async function ensureCompiler({ env = process.env, platform = process.platform } = {}) {
  if (platform === 'win32') return
  const candidates = env.CXX ? [env.CXX] : ['c++', 'g++', 'clang++']
  const reasons = []
  for (const candidate of candidates) {
    const [command, ...first] = candidate.split(/\s+/)
    const options = [...first, '-std=c++20', '-fsyntax-only', '-x', 'c++', '-']
    const result = await run(command, options, { env, input: PROBE })
    if (result.ok) return
    reasons.push(result.reason)
    if (!result.missing) break // CMake takes the first one it finds
  }
  throw new Problem(
    `A C++20 compiler is needed to build the addon (g++ 11, clang 14 or newer):\n  ${reasons.join('\n  ')}\n` +
      `${remedy(platform)}\n  If a newer compiler has another name, set it: CXX=g++-12 npm run build`,
  )
}

const BYTES_PER_JOB = 1.5 * 1024 ** 3

/** The number of files to compile at once, limited by cores and memory. */
export function compileJobs({
  cores = os.availableParallelism(),
  total = process.constrainedMemory() || os.totalmem(),
  available = process.availableMemory(),
} = {}) {
  // The system's available memory excludes memory it could reclaim, which on macOS is most of it.
  const usable = Math.max(available, Math.min(total, os.totalmem()) / 2)
  return Math.max(1, Math.min(cores, Math.floor(usable / BYTES_PER_JOB)))
}
