/** The pages as text: links, languages of code, and what has to be written down somewhere. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parseDocument } from 'yaml'
import { anchorsOf, blocksOf, fileOf, linksOf, pages, ROOT, readPage } from './markdown.js'
import { modulesOf } from './modules.js'

const PAGES = pages()
const ALL = PAGES.flatMap(blocksOf)

test('every relative link leads to a file and to a heading of it', (t) => {
  const broken: string[] = []
  for (const page of PAGES) {
    for (const { line, file, anchor } of linksOf(page)) {
      const there = existsSync(join(ROOT, file))
      if (!there || (anchor && !anchorsOf(file).includes(anchor))) {
        broken.push(`${page}:${line}: ${file}${anchor ? `#${anchor}` : ''}`)
      }
    }
  }
  t.deepEqual(broken, [])
})

test('every page of docs/ is in its index', (t) => {
  const listed = linksOf('docs/README.md').map(({ file }) => file)
  const missing = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
  t.deepEqual(
    missing.filter((page) => !listed.includes(page)),
    [],
  )
})

/** How each language is tested; a block of another would be tested by nobody. */
const LANGUAGES = ['ts', 'js', 'sh', 'yaml', 'json', 'text']

test('every block has a language and an instruction that fits it', (t) => {
  const wrong = ALL.filter(({ language, instruction: { kind } }) => {
    if (!LANGUAGES.includes(language)) return true
    if (language === 'text') return !['output', 'folder', 'layers', 'native layers'].includes(kind)
    if (language === 'json') return kind !== 'none' && kind !== 'output'
    if (language === 'sh') return kind !== 'none' && kind !== 'with'
    if (language === 'yaml') return kind !== 'none'
    return kind !== 'none' && kind !== 'with'
  })
  t.deepEqual(
    wrong.map(({ page, line, language }) => `${page}:${line} (${language})`),
    [],
  )
  t.true(PAGES.flatMap((page) => modulesOf(blocksOf(page))).length > 10)
})

test('YAML and JSON are what they say', (t) => {
  for (const { language, code, page, line } of ALL) {
    if (language === 'yaml') t.deepEqual(parseDocument(code).errors, [], `${page}:${line}`)
    if (language === 'json') t.notThrows(() => JSON.parse(code), `${page}:${line}`)
  }
})

test('files that blocks name are named once a page', (t) => {
  for (const page of PAGES) {
    const files = blocksOf(page)
      .map(fileOf)
      .filter((file) => file !== null)
    t.is(new Set(files).size, files.length, page)
  }
})

test('every error code has an entry in troubleshooting', (t) => {
  const source = readFileSync(join(ROOT, 'lib', 'errors.ts'), 'utf8')
  const codes = [...source.matchAll(/'(ERR_STEGO_\w+)'/g)].map(([, code]) => code!)
  const entries = [...readPage('docs/troubleshooting.md').matchAll(/^\| `(ERR_STEGO_\w+)` \|/gm)].map(
    ([, code]) => code!,
  )
  t.true(codes.length > 10)
  t.deepEqual(entries.sort(), codes.sort())
})

test('pictures are small', (t) => {
  for (const page of PAGES) {
    for (const { file } of linksOf(page).filter(({ file }) => file.endsWith('.png'))) {
      t.true(statSync(join(ROOT, file)).size < 300_000, file)
    }
  }
})
