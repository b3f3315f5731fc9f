/**
 * Documentation of options where editors show it. It is written once, in the schemas, for the API, the configuration file
 * and the command line; the compiled types of options get it as comments on their members.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesBelow } from './files.js'

/**
 * A type of options as it is compiled, `export interface SegmentInput extends z.input<typeof segmentSchema> {}`, or with the
 * members that it was given before.
 */
const OPTIONS = /^(export interface \w+ extends (z\.(?:in|out)put<typeof (\w+)>) \{)\n(?: {4}.*\n)*\}$/gm

/** What an option does, and what leaving it out means; of one that has options in it, only that. */
export function optionText({ doc, default: value, unit, whenAbsent }) {
  const given = value !== undefined && value !== null
  const absent = given ? `${JSON.stringify(value)}${unit ? ` ${unit}` : ''}` : whenAbsent
  return absent ? `${doc}\n\nDefault: ${absent}.` : doc
}

/** What is said of an option that has options in it. */
export const PARTS = 'Options by name; what is left out keeps its default.'

/** Adds comments to the types of options below a folder of compiled files. */
export async function commentOptions(folder) {
  const load = (file) => import(pathToFileURL(file))
  const types = filesBelow(folder).filter((file) => file.endsWith('.d.ts'))
  for (const file of types) {
    const text = readFileSync(file, 'utf8')
    if (text.search(OPTIONS) < 0) continue
    const { fieldsOf } = await load(path.join(folder, 'options', 'describe.js'))
    const schemas = await load(file.replace(/\.d\.ts$/, '.js'))
    const members = (type, name) =>
      schemas[name] ? membersOf(schemas[name], fieldsOf(schemas[name]), type) : []
    writeFileSync(
      file,
      text.replace(OPTIONS, (_, head, type, name) => [head, ...members(type, name), '}'].join('\n')),
    )
  }
}

/** The options of a schema as members of an interface. */
function membersOf(schema, fields, type) {
  return Object.entries(schema.shape).flatMap(([name, option]) => {
    const field = fields.find((known) => known.path.length === 1 && known.path[0] === name)
    const text = field ? optionText(field) : PARTS
    const optional = type.startsWith('z.input') && option.isOptional() ? '?' : ''
    const comment = ['/**', ...text.split('\n').map((line) => ` * ${line}`.trimEnd()), ' */']
    return [...comment, `${name}${optional}: ${type}['${name}'];`].map((line) => `    ${line}`)
  })
}
