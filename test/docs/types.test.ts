/** Every block of TypeScript and JavaScript is checked against the declarations that the package ships. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import ts from 'typescript'
import { temporaryFolder } from '../support/dataset.js'
import { linkPackages } from './folder.js'
import { blocksOf, pages } from './markdown.js'
import { type Module, modulesOf, sourceOf } from './modules.js'

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  types: ['node'],
  noEmit: true,
}

test('blocks are right by their types', async (t) => {
  t.timeout(120_000)
  const folder = await temporaryFolder(t)
  linkPackages(folder)
  const modules = new Map<string, Module>()
  for (const page of pages()) {
    for (const module of modulesOf(blocksOf(page))) {
      const file = join(folder, `${modules.size}-${module.file}`)
      // A file without imports is a module too.
      writeFileSync(file, `${sourceOf(module)}${module.file.endsWith('.ts') ? '\nexport {}' : ''}\n`)
      modules.set(file, module)
    }
  }
  t.true(modules.size > 10)
  const program = ts.createProgram([...modules.keys()], {
    ...OPTIONS,
    typeRoots: [join(folder, 'node_modules', '@types')],
  })
  const complaints = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n')
    const module = file && modules.get(file.fileName)
    if (!module) return `${file?.fileName}: ${text}`
    return `${module.blocks[0]!.page}:${file.getLineAndCharacterOfPosition(start!).line + 1}: ${text}`
  })
  t.deepEqual(complaints, [])
})
