/**
 * How results show themselves in notebooks: Jupyter kernels for JavaScript (Deno's) ask the last value of a cell for its
 * display under this symbol. Elsewhere nobody asks.
 */

/** The name under which a kernel asks. */
export const DISPLAY: unique symbol = Symbol.for('Jupyter.display') as never

/** One display of a value, by MIME type; images in base64. */
export type Display = Partial<Record<'text/html' | 'text/plain' | 'image/png', string>>

/** Lines of plain text, kept as they are laid out. */
export function displayText(text: string): Display {
  return { 'text/plain': text, 'text/html': `<pre>${escapeHtml(text)}</pre>` }
}

/** Rows of a name and a text. */
export function displayRows(rows: [name: string, text: string][]): Display {
  const cells = rows.map(
    ([name, text]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`,
  )
  return {
    'text/plain': rows.map(([name, text]) => `${name}: ${text}`).join('\n'),
    'text/html': `<table>${cells.join('')}</table>`,
  }
}

export function displayPng(png: Buffer, text: string): Display {
  return { 'text/plain': text, 'image/png': png.toString('base64') }
}

/** The same value, which shows itself; its own properties stay what they were. */
export function displayedAs<T extends object>(value: T, display: () => Display): T {
  return Object.defineProperty(value, DISPLAY, { value: display, enumerable: false })
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)
