/** The libtorch that the addon of this checkout was built on. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLibraries } from '../../../lib/native/host.js'
import { addon } from '../../../lib/native/index.js'

const OPENER = fileURLToPath(new URL('../../../build/Release/opener/libtorch-opener.node', import.meta.url))

/** Its folder of libraries, as this process has it open, and its version. */
export function libtorchOfBuild(): { lib: string; version: string } {
  addon()
  const library = openLibraries().find((name) => name.includes('torch_cpu'))!
  return { lib: dirname(library), version: createRequire(OPENER)(OPENER).libtorch }
}
