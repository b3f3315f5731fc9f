/**
 * Documents options where editors show it. Documentation is written once, in the schemas, for the API, the
 * configuration file and the command line; the compiled option types get it as comments on their members.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesBelow, inRoot } from './paths.js'

/** What an option does and what leaving it out means; for an option that contains options, only the former. */
export function optionText({ doc, default: value, unit, whenAbsent }) {
  const given = value !== undefined && value !== null
  const absent = given ? `${JSON.stringify(value)}${unit ? ` ${unit}` : ''}` : whenAbsent
  return absent ? `${doc}\n\nDefault: ${absent}.` : doc
}

/** Appended to the description of an option that contains options. */
export const PARTS = 'Options by name; what is left out keeps its default.'

/** Adds comments to the option types in a folder of compiled files. */
export async function commentOptions(folder) {
  const load = (file) => import(pathToFileURL(file))
  for (const file of filesBelow(folder).filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(file, 'utf8')
    const types = typesOfOptions(file, text)
    if (types.length === 0) continue
    const { fieldsOf } = await load(path.join(folder, 'options', 'describe.js'))
    const schemas = await load(file.replace(/\.d\.ts$/, '.js'))
    let commented = text
    for (const { schema, type, begin, end } of types.toReversed()) {
      if (!schemas[schema]) continue
      const members = membersOf(schemas[schema], fieldsOf(schemas[schema]), type)
      commented = `${commented.slice(0, begin)}\n${members.join('\n')}\n${commented.slice(end)}`
    }
    writeFileSync(file, commented)
  }
}

/**
 * `interface SegmentInput extends z.input<typeof segmentSchema> {}`: its schema, the type, and the position of its
 * members.
 */
function typesOfOptions(file, text) {
  const ts = createRequire(inRoot('package.json'))('typescript')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  return source.statements.filter(ts.isInterfaceDeclaration).flatMap(({ heritageClauses, members }) => {
    const base = heritageClauses?.[0]?.types[0]
    const [argument] = base?.typeArguments ?? []
    if (!argument || !ts.isTypeQueryNode(argument)) return []
    const type = base.getText(source)
    if (!/^z\.(in|out)put</.test(type)) return []
    return [{ schema: argument.exprName.getText(source), type, begin: members.pos, end: members.end }]
  })
}

/** A schema's options as members of an interface. */
function membersOf(schema, fields, type) {
  return Object.entries(schema.shape).flatMap(([name, option]) => {
    const field = fields.find((known) => known.path.length === 1 && known.path[0] === name)
    const text = field ? optionText(field) : PARTS
    const optional = type.startsWith('z.input') && option.isOptional() ? '?' : ''
    const comment = ['/**', ...text.split('\n').map((line) => ` * ${line}`.trimEnd()), ' */']
    return [...comment, `${name}${optional}: ${type}['${name}'];`].map((line) => `    ${line}`)
  })
}
