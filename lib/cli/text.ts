/** Text in columns, as help needs it. */

/** Columns before the lines of a list. */
export const INDENT = 2
const COLUMN = 30

/** A title with its text beside it, or below where the title is long. */
export function entry(name: string, text: string, width: number, column = COLUMN): string[] {
  const lines = wrap(text, width - column)
  const left = indented(name)
  const beside = left.length + 2 <= column
  return [
    ...(beside ? [] : [left]),
    ...lines.map((line, index) => (beside && index === 0 ? left : '').padEnd(column) + line),
  ]
}

/** A line with the indent of a list. */
export function indented(line: string): string {
  return ' '.repeat(INDENT) + line
}

/** Words in lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
