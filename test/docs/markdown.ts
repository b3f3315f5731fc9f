/** The pages of the documentation: their code blocks, what comments tell the tests about these, and their links. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A fenced block of code. */
export interface Block {
  /** Path of the page from the root of the repository. */
  page: string
  /** Number of the first line of code in the page, from 1. */
  line: number
  language: string
  code: string
  instruction: Instruction
}

/**
 * What `<!-- test: ... -->` above a block says:
 * - `with steps=2 backbone=starter`: what trains or reads features in it is given these options, in place of its own;
 * - `output`: lines, or the keys of JSON, that the commands above print; numbers may differ;
 * - `folder`: paths that the folder prepared for the tests has;
 * - `layers`: the modules of lib/, each above what it imports (layers.test.ts).
 */
export type Instruction =
  | { kind: 'none' }
  | { kind: 'with'; options: Record<string, string> }
  | { kind: 'output' | 'folder' | 'layers' | 'native layers' }

/** Every page, by its path from the root. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.startsWith('api'))
    .map((file) => `docs/${file.replaceAll('\\', '/')}`)
  return [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'examples/README.md',
    'scripts/README.md',
    ...docs.sort(),
  ]
}

export const readPage = (page: string) => readFileSync(join(ROOT, page), 'utf8')

/** The blocks of a page in order. Throws for a fence that is not closed and for code that no fence marks. */
export function blocksOf(page: string): Block[] {
  const lines = readPage(page).split('\n')
  const blocks: Block[] = []
  let comment = ''
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    const language = /^```(\w*)$/.exec(line)?.[1]
    if (language === undefined) {
      if (/^\s*(```|~~~)|^(\t| {4,})\S/.test(line)) {
        throw new Error(
          `${page}:${i + 1}: code is marked by \`\`\` and a language at the beginning of a line`,
        )
      }
      comment = /^<!-- test: (.*) -->$/.exec(line)?.[1] ?? (line.trim() === '' ? comment : '')
      continue
    }
    const end = lines.indexOf('```', i + 1)
    if (end < 0) throw new Error(`${page}:${i + 1}: this block is not closed`)
    const instruction = readInstruction(comment, `${page}:${i}`)
    blocks.push({ page, line: i + 2, language, code: lines.slice(i + 1, end).join('\n'), instruction })
    comment = ''
    i = end
  }
  return blocks
}

function readInstruction(text: string, place: string): Instruction {
  if (text === '') return { kind: 'none' }
  if (text === 'output' || text === 'folder' || text === 'layers' || text === 'native layers')
    return { kind: text }
  const settings = /^with ((?:\w+=[\w.-]+ ?)+)$/.exec(text)?.[1]
  if (!settings) throw new Error(`${place}: no such instruction: ${text}`)
  return {
    kind: 'with',
    options: Object.fromEntries(settings.split(' ').map((setting) => setting.split('='))),
  }
}

/** The file a block is to be written to: its first line is a comment that holds a name and nothing else. */
export function fileOf({ code }: Block): string | null {
  return /^(?:\/\/|#) ([\w-][\w.-]*\.(?:js|cjs|ts|yaml))\n/.exec(code)?.[1] ?? null
}

/** A link of a page to another place in the repository. */
export interface Link {
  line: number
  /** Path from the root; the page itself where the link is an anchor alone. */
  file: string
  anchor: string | null
}

/** The relative links and images of a page, code left out. */
export function linksOf(page: string): Link[] {
  const fenced = /^```[\s\S]*?^```$/gm
  const text = readPage(page).replace(fenced, (code) => code.replace(/[^\n]/g, ''))
  const links: Link[] = []
  for (const [i, line] of text.split('\n').entries()) {
    for (const [, link, source] of line.matchAll(/\]\(([^)\s]+)\)|<img[^>]* src="([^"]+)"/g)) {
      const target = (link ?? source)!
      if (/^[a-z]+:/.test(target)) continue
      const [path, anchor] = target.split('#')
      links.push({ line: i + 1, file: path ? join(dirname(page), path) : page, anchor: anchor ?? null })
    }
  }
  return links
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  const headings = readPage(page).matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** A short name of a page, for files. */
export const nameOf = (page: string) => basename(page, '.md').toLowerCase()
