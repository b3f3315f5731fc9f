/** Where a run goes that was given no folder. */
import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** `runs/<data folder name>` under `cwd`, with -2, -3 and so on where that exists; relative to `cwd`. */
export function freeRunFolder(cwd: string, data: string): string {
  const name = basename(resolve(cwd, data)) || 'run'
  for (let number = 1; ; number++) {
    const folder = join('runs', number === 1 ? name : `${name}-${number}`)
    if (!existsSync(join(cwd, folder))) return folder
  }
}
