/** dist/: compiled from lib/ by TypeScript when a source or a setting changed, without files of sources that are gone. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesBelow, fingerprint } from './files.js'
import { commentOptions } from './option-comments.js'
import { installedVersion } from './packages.js'
import { inRoot, root } from './paths.js'
import { run } from './process.js'
import { Problem, step } from './report.js'
import { removeStamp, stampEquals, writeStamp } from './stamps.js'

const sources = () => filesBelow(inRoot('lib')).filter((file) => file.endsWith('.ts'))

const compiledFrom = (files) => ({
  typescript: installedVersion('typescript'),
  comments: 'in types, of options too',
  files: fingerprint([inRoot('tsconfig.json'), inRoot('tsconfig.build.json'), ...files]),
})

const outputOf = (source) => inRoot('dist', path.relative(inRoot('lib'), source).replace(/\.ts$/, '.js'))

const allOutputsExist = (files) =>
  files.filter((file) => !file.endsWith('.d.ts')).every((file) => existsSync(outputOf(file)))

export function javascriptIsFresh() {
  const files = sources()
  return stampEquals('javascript', compiledFrom(files)) && allOutputsExist(files)
}

export async function ensureJavascript() {
  if (javascriptIsFresh()) return
  removeStamp('javascript')
  const files = sources()
  const from = compiledFrom(files) // before compiling: what is written meanwhile is compiled the next time
  await step('compiling TypeScript', async () => {
    // The compiler believes its notes of the last run even when its outputs are gone.
    if (!allOutputsExist(files)) rmSync(inRoot('build', 'tsconfig.tsbuildinfo'), { force: true })
    const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
    const result = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root })
    if (!result.ok) throw new Problem(`compiling TypeScript failed:\n${result.output.trim()}`)
    removeOrphans(inRoot('dist'), inRoot('lib'))
    await removeComments(files.map(outputOf))
    await commentOptions(inRoot('dist'))
  })
  writeStamp('javascript', from)
}

/** Comments stay in the types, where editors show them; in the programs they would be a tenth of the package. */
async function removeComments(programs) {
  const { default: ts } = await import(
    pathToFileURL(inRoot('node_modules', 'typescript', 'lib', 'typescript.js'))
  )
  const compilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    removeComments: true,
  }
  for (const program of programs) {
    const compiled = readFileSync(program, 'utf8')
    const { outputText } = ts.transpileModule(compiled, { compilerOptions, fileName: program })
    if (outputText !== compiled) writeFileSync(program, outputText)
  }
}

/** Removes compiled files whose source is gone, and the folders that this empties. */
export function removeOrphans(outputs, inputs) {
  for (const file of filesBelow(outputs)) {
    const source = path.relative(outputs, file).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    if (source.endsWith('.ts') && !existsSync(path.join(inputs, source))) removeWithFolders(file, outputs)
  }
}

function removeWithFolders(file, top) {
  rmSync(file)
  for (let folder = path.dirname(file); folder !== top; folder = path.dirname(folder)) {
    if (readdirSync(folder).length > 0) return
    rmdirSync(folder)
  }
}
