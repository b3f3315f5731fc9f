/** The packed package in projects of every kind: ESM, CommonJS, TypeScript, and behind a bundler. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type BuildOptions, build } from 'esbuild'
import ts from 'typescript'
import { pack, ROOT } from './pack.js'

/** A project with `stego` from its tarball, and with the packages of this checkout beside it. */
const project = mkdtempSync(join(tmpdir(), 'stego-consumer-'))
test.before(() => {
  const [stego] = pack(join(project, 'packed'), 'stego')
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'stego'), { recursive: true })
  execFileSync('tar', ['-xzf', stego!.file, '--strip-components=1', '-C', join(modules, 'stego')])
  for (const name of [
    'zod',
    'yaml',
    'yauzl',
    'pend',
    'undici',
    'sharp',
    'geotiff',
    'node-gyp-build',
    '@types',
  ])
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  write('package.json', '{ "type": "module" }')
})
test.after.always(() => rmSync(project, { recursive: true, force: true }))

function write(name: string, content: string): string {
  const file = join(project, name)
  writeFileSync(file, content)
  return file
}

/** The program's status and output; a warning of Node would be in `stderr`. */
const run = (file: string) => spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' })

const SHOWN = 'function function 27\n'
const SHOW =
  "console.log(typeof Stego.train, typeof denseCrf, PRESETS['cocostuff27-vitb8'] ? 27 : 'no preset')\n"

test('ESM imports it', (t) => {
  const { stdout, stderr } = run(
    write(
      'esm.mjs',
      `import { denseCrf } from 'stego/crf'
import { PRESETS, Stego } from 'stego'\n${SHOW}`,
    ),
  )
  t.deepEqual([stdout, stderr], [SHOWN, ''])
})

test('CommonJS requires it, without a warning', (t) => {
  const { stdout, stderr } = run(
    write(
      'common.cjs',
      `const { PRESETS, Stego } = require('stego')\nconst { denseCrf } = require('stego/crf')\n${SHOW}`,
    ),
  )
  t.deepEqual([stdout, stderr], [SHOWN, ''])
})

const TYPED = `
import { denseCrf, type DenseCrf } from 'stego/crf'
import { type Evaluation, Stego, StegoError } from 'stego'
import { scoreSegmentation } from 'stego/evaluation'

export async function use(probabilities: { data: Float32Array; shape: number[] }): Promise<Evaluation> {
  const run = Stego.train({ data: 'photos', classes: 8, onEvent: (event) => event.type })
  for await (const event of run) if (event.type === 'step') event.correspondence.toFixed(3)
  const model: Stego = await run
  const { labels }: DenseCrf = await denseCrf({ image: 'a.jpg', probabilities, output: 'labels' })
  if (labels === null) throw new Error('labels were asked for')
  const { assignment } = await scoreSegmentation({ predictions: labels, labels, classes: 8, clusters: 9 })
  assignment.at(0)
  const error: unknown = null
  if (error instanceof StegoError) error.code satisfies 'ERR_STEGO_OPTION' | string
  return model.evaluate({ data: 'photos' })
}
// @ts-expect-error a misspelled option is an error
Stego.train({ data: 'photos', bacth: 8 })
`

const { ModuleKind, ModuleResolutionKind } = ts
for (const [name, file, module, moduleResolution] of [
  ['node16, ESM', 'typed.mts', ModuleKind.Node16, ModuleResolutionKind.Node16],
  ['nodenext, ESM', 'typed.mts', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
  ['nodenext, CommonJS', 'typed.cts', ModuleKind.NodeNext, ModuleResolutionKind.NodeNext],
  ['bundler', 'typed.ts', ModuleKind.ESNext, ModuleResolutionKind.Bundler],
] as const) {
  test(`TypeScript resolves and accepts its types, library check included: ${name}`, (t) => {
    const target = ts.ScriptTarget.ES2022
    const program = ts.createProgram([write(file, TYPED)], {
      ...{ module, moduleResolution, target, strict: true, noEmit: true, skipLibCheck: false },
      ...{ lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'], types: ['node'] },
    })
    t.deepEqual(
      ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
        return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      }),
      [],
    )
  })
}

/** Bundles this TypeScript into a file of the name. */
async function bundle(name: string, code: string, options: BuildOptions): Promise<string> {
  const outfile = join(project, name)
  const entryPoints = [write(`${name}.ts`, code)]
  await build({ entryPoints, bundle: true, platform: 'node', outfile, logLevel: 'silent', ...options })
  return outfile
}

for (const [format, extension] of [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
] as const) {
  test(`esbuild leaves it external: ${format}`, async (t) => {
    const code = `import { denseCrf } from 'stego/crf'
import { PRESETS, Stego } from 'stego'\n${SHOW}`
    const { stdout, stderr } = run(
      await bundle(`external.${extension}`, code, { format, external: ['stego'] }),
    )
    t.deepEqual([stdout, stderr], [SHOWN, ''])
  })

  test(`bundled all the same, it says what to do: ${format}`, async (t) => {
    const code =
      "import { denseCrf } from 'stego/crf'\n" +
      'const image = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }\n' +
      'const probabilities = { data: new Float32Array(8).fill(0.5), shape: [2, 2, 2] }\n' +
      'denseCrf({ image, probabilities }).catch((error) => console.log(error.code, error.message))\n'
    const { stdout } = run(await bundle(`whole.${extension}`, code, { format, external: ['sharp'] }))
    t.regex(stdout, /^ERR_STEGO_ADDON expected stego to run from its own package.*--external:stego/)
  })
}
