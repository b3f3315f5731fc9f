/** Imports run one way, as the diagrams of CONTRIBUTING.md have them: between folders of lib/ and of native/. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { blocksOf, ROOT } from './markdown.js'

/** `import ... from './x.js'`, `export ... from`, `import('./x.js')`. */
const IMPORT = /^(?:import|export)\s([^']*?)from '(\.[^']+)'|import\('(\.[^']+)'\)/gm
const INCLUDE = /^#include "([^"]+)"/gm

/** One file's use of another, both by their path from the top folder. */
interface Use {
  from: string
  to: string
  /** Whether it is of types alone, which are not imported at run time. */
  types: boolean
}

const filesOf = (folder: string, ending: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) => ending.test(file))

const onlyTypes = (names: string) =>
  names.startsWith('type ') ||
  (/^\{[^}]*\}\s*$/.test(names) &&
    names
      .replace(/[{}]/g, '')
      .split(',')
      .map((name) => name.trim())
      .every((name) => name === '' || name.startsWith('type ')))

const importsOfLib = (): Use[] =>
  filesOf('lib', /\.ts$/).flatMap((from) =>
    [...readFileSync(join(ROOT, 'lib', from), 'utf8').matchAll(IMPORT)].map(
      ([, names = '', file, loaded]) => ({
        from,
        to: normalize(join(dirname(from), (file ?? loaded)!)).replace(/\.js$/, '.ts'),
        types: onlyTypes(names),
      }),
    ),
  )

const includesOfNative = (): Use[] =>
  filesOf('native', /\.(cpp|h|inl)$/).flatMap((from) =>
    [...readFileSync(join(ROOT, 'native', from), 'utf8').matchAll(INCLUDE)].map(([, to]) => ({
      from,
      to: to!,
      types: false,
    })),
  )

/** The folder a file belongs to, or its own name at the top. */
const folderOf = (file: string) => file.split('/')[0]!.replace(/\.\w+$/, '')

/** Folder to line number in a diagram; the first is the highest. */
function layers(kind: string): Map<string, number> {
  const diagram = blocksOf('CONTRIBUTING.md').find(({ instruction }) => instruction.kind === kind)
  const lines = diagram!.code.split('\n').map((line) => line.trim().split(/\s{2,}/)[0]!)
  return new Map(lines.flatMap((line, level) => line.split(', ').map((name) => [name, level] as const)))
}

/** Uses of what is not below, and folders without a place. */
function violations(uses: Use[], files: string[], level: Map<string, number>): string[] {
  const unplaced = new Set(files.map(folderOf).filter((folder) => !level.has(folder)))
  const upward = uses
    .filter(({ types }) => !types)
    .filter(({ from, to }) => folderOf(from) !== folderOf(to))
    .filter(({ from, to }) => !(level.get(folderOf(to))! > level.get(folderOf(from))!))
  return [
    ...[...unplaced].map((folder) => `${folder} has no place in the diagram`),
    ...upward.map(({ from, to }) => `${from} uses ${to}`),
  ]
}

test('folders of lib/ import only what is below them', (t) => {
  t.deepEqual(violations(importsOfLib(), filesOf('lib', /\.ts$/), layers('layers')), [])
})

test('folders of native/ include only what is below them', (t) => {
  const inFolders = (file: string) => file.includes('/') && !file.startsWith('opener/')
  const files = filesOf('native', /\.(cpp|h|inl)$/).filter(inFolders)
  const uses = includesOfNative().filter(({ from }) => inFolders(from))
  t.deepEqual(violations(uses, files, layers('native layers')), [])
})

test('no files of lib/ import each other in a circle, types included', (t) => {
  const uses = new Map<string, string[]>()
  for (const { from, to } of importsOfLib()) uses.set(from, [...(uses.get(from) ?? []), to])
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (path.includes(file) || done.has(file)) return
    for (const next of uses.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of uses.keys()) visit(file, [])
  t.deepEqual(circles, [])
})
