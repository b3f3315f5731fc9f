/** What the tests of scripts/ share: the scripts themselves, throw-away folders, and what a script said. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'

/** The scripts are plain JavaScript without declarations: loaded by address, untyped. */
export const load = (script: string) => import(new URL(`../../scripts/${script}`, import.meta.url).href)

/** A folder that goes away with the test. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'stego-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files by their path below a folder. */
export function writeFiles(folder: string, files: Record<string, string>): string {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return folder
}

/** Runs `work` with standard error collected instead of shown. For serial tests. */
export async function listen<T>(work: () => Promise<T>) {
  const { write } = process.stderr
  let said = ''
  process.stderr.write = (chunk: string | Uint8Array) => {
    said += chunk
    return true
  }
  try {
    const outcome = await work().then(
      (result) => ({ result, error: undefined }),
      (error: Error) => ({ result: undefined, error }),
    )
    return { ...outcome, said }
  } finally {
    process.stderr.write = write
  }
}
