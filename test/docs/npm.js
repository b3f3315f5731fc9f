/**
 * `npm` and `npx` as blocks of the documentation call them: nothing is installed or built anew. `npm run <script>` has
 * to name a script of the package, `npm install` packages that exist here; `npx <program>` runs the one installed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const [program, ...words] = process.argv.slice(2)

const { name, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function npm([command, ...rest]) {
  switch (command) {
    case 'ci':
    case 'test':
      return true
    case 'run':
      return Object.hasOwn(scripts, rest.find((word) => !word.startsWith('-')) ?? '')
    case 'install':
      return rest
        .filter((word) => !word.startsWith('-'))
        .every(
          (word) =>
            word === name || word.startsWith('@stego/') || existsSync(join(root, 'node_modules', word)),
        )
    default:
      return false
  }
}

function npx([command, ...rest]) {
  const file = join(root, 'node_modules', '.bin', command)
  return spawnSync(file, rest, { stdio: 'inherit' }).status === 0
}

if (!(program === 'npm' ? npm(words) : npx(words))) {
  console.error(`${program} ${words.join(' ')}: there is no such script, package or program here`)
  process.exitCode = 1
}
