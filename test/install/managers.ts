/** Package managers: how each adds `stego` to an empty folder, runs a program, and runs the package's command. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './pack.js'

export interface Manager {
  name: string
  /** Arguments of Node that add `stego`. */
  add: string[]
  /** Arguments before the name of a program. */
  run: string[]
  /** Arguments that run `stego --version`. */
  command: string[]
  env: Record<string, string>
  /** Files that make an empty folder a project. */
  files: Record<string, string>
}

/** The folder of npm's programs, that of the Node which runs the tests. */
export const NPM = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin')

const toolOf = (name: string, file: string) => join(ROOT, 'node_modules', name, file)
const versionOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version as string

function npm(): Manager {
  return {
    name: `npm ${versionOf(join(NPM, '..'))}`,
    add: [join(NPM, 'npm-cli.js'), 'install', 'stego', '--no-audit', '--no-fund'],
    run: [],
    command: [join(NPM, 'npx-cli.js'), 'stego', '--version'],
    env: {},
    files: {},
  }
}

function pnpm(): Manager {
  const tool = toolOf('pnpm', 'bin/pnpm.cjs')
  return {
    name: `pnpm ${versionOf(toolOf('pnpm', '.'))}`,
    add: [tool, 'add', 'stego'],
    run: [],
    command: [tool, 'exec', 'stego', '--version'],
    env: {},
    files: {},
  }
}

function yarnClassic(): Manager {
  const tool = toolOf('yarn', 'bin/yarn.js')
  return {
    name: `yarn ${versionOf(toolOf('yarn', '.'))}`,
    add: [tool, 'add', 'stego', '--non-interactive'],
    run: [],
    command: [tool, '--silent', 'stego', '--version'],
    env: {},
    files: {},
  }
}

/** Yarn since its second version, with one of its linkers. */
function yarn(linker: 'node-modules' | 'pnp', title: string): Manager {
  const tool = toolOf('@yarnpkg/cli-dist', 'bin/yarn.js')
  return {
    name: `yarn ${versionOf(toolOf('@yarnpkg/cli-dist', '.'))}, ${title}`,
    add: [tool, 'add', 'stego'],
    run: [tool, 'node'],
    command: [tool, 'stego', '--version'],
    env: {
      YARN_NODE_LINKER: linker,
      YARN_UNSAFE_HTTP_WHITELIST: 'localhost',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_NPM_MINIMAL_AGE_GATE: '0', // the registry's packages were made a moment ago
    },
    files: { 'package.json': '{}', 'yarn.lock': '' },
  }
}

export const MANAGERS = {
  npm,
  pnpm,
  yarnClassic,
  yarnModules: () => yarn('node-modules', 'node_modules'),
  yarnPnp: () => yarn('pnp', "Plug'n'Play"),
}
