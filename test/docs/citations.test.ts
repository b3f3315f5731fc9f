/** Comments and pages cite pages, and headings of pages, that are in the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { anchorsOf, ROOT } from './markdown.js'

const FOLDERS = ['lib', 'native', 'benchmarks', 'scripts', 'test', 'docs']
const TEXT = /\.(ts|js|py|sh|h|cpp|inl|cu|md)$/

/** `docs/method.md#shifts` or a bare `CHANGELOG.md`; names in other folders are of other repositories. */
const CITATION = /(?<![\w./@${}<>*-])((?:docs\/)?[A-Za-z][\w-]*\.md)\b(?:#([\w-]+))?/g

/** Files of the folders, without what `npm run docs` and package managers write. */
function files(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => TEXT.test(file) && !/^docs\/api\/|\/node_modules\//.test(file)),
  )
}

/** What a file cites, with what is missing of it: from the root, as comments do, or from beside the file. */
function brokenIn(text: string, file: string): string[] {
  return [...text.matchAll(CITATION)].flatMap(([citation, page, anchor]) => {
    const found = [page!, join(dirname(file), page!)].find((path) => existsSync(join(ROOT, path)))
    const whole = found && (anchor === undefined || anchorsOf(found).includes(anchor))
    return whole ? [] : [`${file}: ${citation}`]
  })
}

test('every page that is cited exists, and has the heading', (t) => {
  const broken = files().flatMap((file) => brokenIn(readFileSync(join(ROOT, file), 'utf8'), file))
  t.deepEqual(broken, [])
})

test('a page or a heading that does not exist is found', (t) => {
  const [page, heading] = ['missing', 'method'].map((name) => `docs/${name}.md`)
  t.is(brokenIn(`(${page}, step 2)`, 'lib/a.ts').length, 1)
  t.is(brokenIn(`${heading}#no-such-heading`, 'lib/a.ts').length, 1)
  t.is(brokenIn(`${page!.slice('docs/'.length)} A3`, 'lib/a.ts').length, 1)
  t.deepEqual(brokenIn(`${heading}#shifts. ${heading}`, 'lib/a.ts'), [])
})
