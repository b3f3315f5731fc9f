/** TypeScript and JavaScript of a page as modules that can be checked and run. */
import { type Block, fileOf, nameOf } from './markdown.js'

/** One module: a block with its imports, and the blocks below it that go on without any. */
export interface Module {
  /** Name of its file. */
  file: string
  /** The page and its first line, for messages. */
  place: string
  blocks: Block[]
}

export const isScript = ({ language }: Block) => language === 'ts' || language === 'js'

/** Modules in the order of their last blocks. A block that names a file is a module of its own. */
export function modulesOf(blocks: Block[]): Module[] {
  const modules: Module[] = []
  let open: Module | null = null
  for (const block of blocks.filter(isScript)) {
    const place = `${block.page}:${block.line}`
    const file = fileOf(block)
    if (file) {
      modules.push({ file, place, blocks: [block] })
    } else if (/^import /m.test(block.code)) {
      open = { file: `${nameOf(block.page)}-${block.line}.ts`, place, blocks: [block] }
      modules.push(open)
    } else if (open) {
      open.blocks.push(block)
    } else {
      throw new Error(`${place}: the first block of a page needs its imports`)
    }
  }
  return modules
}

/** The text of a module, each line where the page has it; `edit` may change a block. */
export function sourceOf({ blocks }: Module, edit = (block: Block) => block.code): string {
  const lines: string[] = []
  for (const block of blocks) {
    while (lines.length < block.line - 1) lines.push('')
    lines.push(...edit(block).split('\n'))
  }
  return lines.join('\n')
}

/** The code of a block with the options its instruction gives, in place of its own where it has them. */
export function codeToRun(block: Block): string {
  const { code, instruction, language, page, line } = block
  if (instruction.kind !== 'with') return code
  const changed = Object.entries(instruction.options).reduce(
    (text, [key, value]) => (language === 'sh' ? withFlag(text, key, value) : withOption(text, key, value)),
    code,
  )
  if (changed === code)
    throw new Error(`${page}:${line}: nothing in this block takes the options given for it`)
  return changed
}

/** What else than training reads features, and of the options given only these. */
const OF_FEATURES = ['backbone', 'resolution', 'crops']

/** `Stego.train({ ... })` and others that read features, with an option. */
function withOption(code: string, key: string, value: string): string {
  const literal = /^\d+$/.test(value) ? value : `'${value}'`
  const given = new RegExp(`\\b${key}: ('[^']*'|[\\w.]+)`, 'g')
  if (given.test(code)) return code.replaceAll(given, `${key}: ${literal}`)
  const calls = OF_FEATURES.includes(key)
    ? 'Stego\\.train|computeNeighbors|buildFeatureStore'
    : 'Stego\\.train'
  return code.replaceAll(new RegExp(`\\b(${calls})\\(\\{`, 'g'), `$1({ ${key}: ${literal},`)
}

/** `stego train ...` and others that read features, with a flag; a resumed run keeps its own. */
function withFlag(code: string, key: string, value: string): string {
  const flag = `--${key} ${value}`
  const given = new RegExp(`--${key} \\S+`)
  const commands = OF_FEATURES.includes(key) ? 'train|features build|neighbors' : 'train'
  const line = new RegExp(`^(stego (?:${commands})\\b[^#\\n]*?)(\\s*#.*)?$`, 'gm')
  return code.replaceAll(line, (text, command: string, comment = '') => {
    if (command.includes('--resume')) return text
    return (given.test(command) ? command.replace(given, flag) : `${command} ${flag}`) + comment
  })
}
