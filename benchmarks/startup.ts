/** How long does it take to import the package, and to ask the command for help? Compares fresh processes with one that does nothing. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { report, time } from './measure.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const REPEATS = 21

const nothing = ['--input-type=module', '-e', '']
const works: [string, string[]][] = [
  ['Node alone', nothing],
  ["import 'stego'", ['--input-type=module', '-e', "import 'stego'"]],
  ['stego --help', [main, '--help']],
  ['stego train --help', [main, 'train', '--help']],
  ['stego inspect of nothing', [main, 'inspect', '/nothing']],
]

const rows: Record<string, unknown>[] = []
for (const [work, args] of works) {
  const { min, median } = await time(async () => run(args), REPEATS)
  const alone = rows[0]?.ms as number | undefined
  rows.push({
    work,
    ms: median,
    least: min,
    ...(alone === undefined ? {} : { 'beyond Node': median - alone }),
  })
}
report('How long do import and help take?', { repeats: REPEATS, node: process.version }, rows)

function run(args: string[]): void {
  try {
    execFileSync(process.execPath, args, { cwd: root, stdio: 'ignore' })
  } catch (error) {
    // A command given nothing is supposed to fail; its time still counts.
    if ((error as { status?: number }).status !== 1) throw error
  }
}
