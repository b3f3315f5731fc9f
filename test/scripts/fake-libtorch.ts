/** Stand-ins for what the search for libtorch meets: libtorch itself, archives of it, Python with pip, a server. */
import { execFileSync } from 'node:child_process'
import { accessSync, chmodSync, constants, mkdirSync, symlinkSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { temporaryFolder, writeFiles } from './scripts.js'

export const VERSION = '2.13.0'

/** The files by which a folder counts as libtorch for Linux. */
export function fakeLibtorch(folder: string, { version = VERSION, cuda = false } = {}): string {
  const [major, minor, patch] = version.split('.')
  const header = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`
  return writeFiles(folder, {
    'lib/libtorch_cpu.so': '',
    'lib/libc10.so': '',
    ...(cuda && { 'lib/libtorch_cuda.so': '' }),
    'include/ATen/ATen.h': '',
    'include/torch/csrc/api/include/torch/torch.h': '',
    'include/torch/headeronly/version.h': header,
    'share/cmake/Torch/TorchConfig.cmake': '',
  })
}

/** A zip archive (a wheel is one too) that holds a fake libtorch below `top`. */
export function fakeArchive(t: ExecutionContext, top: string, name: string, version = VERSION): string {
  const folder = temporaryFolder(t)
  fakeLibtorch(path.join(folder, top), { version })
  writeFiles(folder, { [`${top}/bin/not-needed`]: '' })
  execFileSync('cmake', ['-E', 'tar', 'cf', name, '--format=zip', top], { cwd: folder })
  return path.join(folder, name)
}

// Notes its arguments; prints what FAKE_TORCH says is installed; `pip download` delivers FAKE_WHEEL.
const PYTHON = `#!/bin/sh
echo "$@" >> "$FAKE_LOG"
if [ "$1" = -c ]; then
  echo "\${FAKE_TORCH:-null}"
elif [ -z "$FAKE_WHEEL" ]; then
  echo 'Looking in links' >&2
  echo 'ERROR: No matching distribution found for torch' >&2
  exit 1
else
  while [ "$1" != --dest ]; do shift; done
  /bin/cp "$FAKE_WHEEL" "$2"
fi
`

/**
 * A machine on which the search meets only what a test put there: CMake, a Python that is no Python, an empty
 * cache, and a mirror that is nobody's address.
 */
export function fakeMachine(t: ExecutionContext, { python = true } = {}) {
  const folder = temporaryFolder(t)
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  symlinkSync(onPath('cmake'), path.join(bin, 'cmake'))
  if (python) {
    writeFiles(bin, { python3: PYTHON })
    chmodSync(path.join(bin, 'python3'), 0o755)
  }
  const cache = path.join(folder, 'cache')
  const log = path.join(folder, 'python.log')
  const env: NodeJS.ProcessEnv = {
    PATH: bin,
    HOME: folder,
    XDG_CACHE_HOME: cache,
    FAKE_LOG: log,
    STEGO_LIBTORCH_MIRROR: 'http://127.0.0.1:1',
  }
  return { folder, log, env, cached: path.join(cache, 'stego', `libtorch-${VERSION}-cpu-linux-x64`), cache }
}

function onPath(program: string): string {
  const found = (process.env.PATH ?? '').split(path.delimiter).find((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (!found) throw new Error(`these tests need ${program} on PATH`)
  return path.join(found, program)
}

/** An address at which nothing listens. */
export async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** A local server that goes away with the test; returns its address. */
export async function serve(t: ExecutionContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
