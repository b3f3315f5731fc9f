/** Imports run one way: a module of lib/ uses only what stands below it in the diagram of CONTRIBUTING.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { blocksOf, ROOT } from './markdown.js'

const LIB = join(ROOT, 'lib')

/** `import ... from './x.js'`, `export ... from`, `import('./x.js')`; types alone are not imported at run time. */
const IMPORT = /^(?:import|export)\s(?!type\s)([^']*?)from '(\.[^']+)'|import\('(\.[^']+)'\)/gm

const onlyTypes = (names: string) =>
  /^\{[^}]*\}\s*$/.test(names) &&
  names
    .replace(/[{}]/g, '')
    .split(',')
    .map((name) => name.trim())
    .every((name) => name === '' || name.startsWith('type '))

/** The module a file belongs to: its folder in lib/, or its own name there. */
const moduleOf = (file: string) => file.split('/')[0]!.replace(/\.(ts|js)$/, '')

/** Module to line number in the diagram; the first is the highest. */
function layers(): Map<string, number> {
  const diagram = blocksOf('CONTRIBUTING.md').find(({ instruction }) => instruction.kind === 'layers')
  const lines = diagram!.code.split('\n').map((line) => line.trim().split(/\s{2,}/)[0]!)
  return new Map(lines.flatMap((line, level) => line.split(', ').map((name) => [name, level] as const)))
}

test('modules import only what stands below them', (t) => {
  const level = layers()
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  t.deepEqual(
    files.map(moduleOf).filter((module) => !level.has(module)),
    [],
    'every module has its place in the diagram',
  )
  const wrong: string[] = []
  for (const file of files) {
    for (const [, names = '', from, loaded] of readFileSync(join(LIB, file), 'utf8').matchAll(IMPORT)) {
      const [here, there] = [moduleOf(file), moduleOf(normalize(join(dirname(file), (from ?? loaded)!)))]
      if (here === there || onlyTypes(names)) continue
      if (level.get(there)! <= level.get(here)!) wrong.push(`${file} imports ${there}`)
    }
  }
  t.deepEqual(wrong, [])
})
