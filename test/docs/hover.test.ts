/** What editors show of options: each with its documentation and default, from the schemas, in types that hold. */
import { join } from 'node:path'
import test from 'ava'
import ts from 'typescript'
import { ROOT } from './markdown.js'

const FILE = join(ROOT, 'build', 'hover.mts')
const CODE = `
import { denseCrf } from 'stego/crf'
import { Stego } from 'stego'
await denseCrf({ image: 'a.jpg', iterations: 3 })
const model = await Stego.train({ data: 'photos', steps: 2 })
await model.segment('a.jpg', { flip: false })
`

const settings: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  types: ['node'],
}

const host: ts.LanguageServiceHost = {
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  realpath: ts.sys.realpath,
  getScriptFileNames: () => [FILE],
  getScriptVersion: () => '1',
  getScriptSnapshot: (file) => {
    const text = file === FILE ? CODE : ts.sys.readFile(file)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => ROOT,
  getCompilationSettings: () => settings,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
}

test('options are documented where they are typed', (t) => {
  const service = ts.createLanguageService(host)
  const documentation = (word: string) =>
    ts.displayPartsToString(service.getQuickInfoAtPosition(FILE, CODE.indexOf(word))?.documentation)
  t.regex(documentation('denseCrf({'), /^Refines class scores of an image/)
  t.regex(documentation('iterations'), /^Mean-field iterations.*\n\nDefault: 10\.$/s)
  t.regex(documentation('steps'), /^Training steps.*\n\nDefault: 500 steps\.$/s)
  t.regex(documentation('flip'), /\n\nDefault: true\.$/)
  const program = service.getProgram()!
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(join(ROOT, 'dist')))
  t.true(ours.length > 20)
  const wrong = ours.flatMap((file) => service.getSemanticDiagnostics(file.fileName))
  t.deepEqual(
    wrong.map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
    [],
  )
})
