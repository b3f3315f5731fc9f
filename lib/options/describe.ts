/** Describes the options of a schema as plain data for error messages, flags and help. */
import { z } from 'zod'
import type { OptionGroup } from './schema.js'

/** An option without nested options, such as `batch` or `weights.self`. */
export interface Field {
  path: string[]
  kind: 'boolean' | 'choice' | 'integer' | 'number' | 'text'
  choices: string[]
  /** Whether a number is accepted instead of a choice. */
  numeric: boolean
  nullable: boolean
  required: boolean
  /** undefined if there is none. */
  default: unknown
  doc: string
  group: OptionGroup
  unit?: string
  value?: string
  whenAbsent?: string
  repeats: boolean
}

/** The part of JSON Schema that option schemas use, with documentation from `option`. */
interface Node {
  type?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Node[]
  properties?: Record<string, Node>
  required?: string[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  default?: unknown
  description?: string
  group?: OptionGroup
  unit?: string
  value?: string
  whenAbsent?: string
  repeats?: boolean
  expected?: string
}

/** Lists the options of a schema in order, nested ones by full path. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  return leaves(rootOf(schema), [], true)
}

/** Option names allowed at a path: `self`, `knn`, `random` at `['weights']`. */
export function namesAt(schema: z.ZodObject, path: string[]): string[] {
  return Object.keys(objectBranch(nodeAt(schema, path))?.properties ?? {})
}

/** Describes the value expected at a path: `an integer from 2 to 255`. */
export function expectedAt(schema: z.ZodObject, path: string[], received?: unknown): string {
  const node = nodeAt(schema, path)
  return node === undefined ? 'another value' : expectation(node, received)
}

/** The part of a path that leads to an option: without indices of a list. */
export function knownPath(schema: z.ZodObject, path: string[]): string[] {
  const length = path.findIndex((_, index) => nodeAt(schema, path.slice(0, index + 1)) === undefined)
  return length < 0 ? path : path.slice(0, length)
}

function rootOf(schema: z.ZodObject): Node {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node
}

function nodeAt(schema: z.ZodObject, path: string[]): Node | undefined {
  return path.reduce<Node | undefined>((node, key) => objectBranch(node)?.properties?.[key], rootOf(schema))
}

function objectBranch(node: Node | undefined): Node | undefined {
  return node?.properties ? node : node?.anyOf?.find((branch) => branch.properties)
}

function leaves(node: Node, path: string[], required: boolean): Field[] {
  const parts = Object.entries(objectBranch(node)?.properties ?? {}).flatMap(([key, child]) =>
    leaves(child, [...path, key], path.length === 0 && (node.required?.includes(key) ?? false)),
  )
  return path.length === 0 || node.properties ? parts : [leaf(node, path, required), ...parts]
}

function leaf(node: Node, path: string[], required: boolean): Field {
  const branches = (node.anyOf ?? [node]).filter((branch) => branch.type !== 'object')
  const choices = branches.flatMap(choicesOf)
  return {
    path,
    kind: choices.length > 0 ? 'choice' : kindOf(branches.find((branch) => branch.type !== 'null')?.type),
    choices,
    numeric: branches.some(({ type }) => type === 'integer' || type === 'number'),
    nullable: branches.some((branch) => branch.type === 'null'),
    required,
    default: node.default,
    doc: node.description ?? '',
    group: node.group ?? 'Common',
    unit: node.unit,
    value: node.value,
    whenAbsent: node.whenAbsent,
    repeats: node.repeats ?? false,
  }
}

function kindOf(type: string | undefined): Field['kind'] {
  return type === 'boolean' || type === 'integer' || type === 'number' ? type : 'text'
}

function choicesOf(node: Node): string[] {
  if (node.const !== undefined) return [String(node.const)]
  return node.enum?.map(String) ?? []
}

function expectation(node: Node, received: unknown): string {
  if (node.expected !== undefined) {
    return node.expected + (node.anyOf?.some((branch) => branch.type === 'null') ? ', or null' : '')
  }
  if (node.anyOf) return either(node.anyOf.map((branch) => expectation(branch, received)))
  const choices = choicesOf(node)
  if (choices.length > 0) return either(choices.map((choice) => JSON.stringify(choice)))
  switch (node.type) {
    case 'integer':
      return `an integer${range(node, received)}`
    case 'number':
      return `a finite number${range(node, received)}`
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'string':
      return 'a non-empty string'
    default:
      return node.properties ? `an object { ${Object.keys(node.properties).join(', ')} }` : 'another value'
  }
}

/** Describes bounds. The largest safe integer is mentioned only if it was exceeded. */
function range(node: Node, received: unknown): string {
  const { minimum, exclusiveMaximum } = node
  const beyond = Number.isFinite(received) && (received as number) > Number.MAX_SAFE_INTEGER
  const maximum = node.maximum === Number.MAX_SAFE_INTEGER && !beyond ? undefined : node.maximum
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined && exclusiveMaximum !== undefined) {
    return ` from ${minimum} to below ${exclusiveMaximum}`
  }
  return minimum === undefined ? '' : ` of at least ${minimum}`
}

function either(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
