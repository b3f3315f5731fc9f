/**
 * How results are displayed in notebooks: Jupyter kernels for JavaScript (Deno's) look up the display of a
 * cell's last value under this symbol. Elsewhere it has no effect.
 */

/** The symbol that a kernel looks up. */
export const DISPLAY: unique symbol = Symbol.for('Jupyter.display') as never

/** Display of a value by MIME type; images are in base64. */
export type Display = Partial<Record<'text/html' | 'text/plain' | 'image/png', string>>

/** Displays plain text with its layout preserved. */
export function displayText(text: string): Display {
  return { 'text/plain': text, 'text/html': `<pre>${escapeHtml(text)}</pre>` }
}

/** Displays rows of a name and a text. */
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

/** Displays pictures side by side, each with its text below. */
export function displayPictures(pictures: { jpeg: Buffer; text: string }[]): Display {
  const figures = pictures.map(({ jpeg, text }) => {
    const image = `<img style="max-width: 100%" src="data:image/jpeg;base64,${jpeg.toString('base64')}">`
    return `<figure style="margin: 0; width: 320px">${image}<figcaption>${escapeHtml(text)}</figcaption></figure>`
  })
  return {
    'text/plain': pictures.map(({ text }) => text).join('\n'),
    'text/html': `<div style="display: flex; flex-wrap: wrap; gap: 8px">${figures.join('')}</div>`,
  }
}

/** Attaches a display to a value and returns it; its other properties are unchanged. */
export function displayedAs<T extends object>(value: T, display: () => Display): T {
  return Object.defineProperty(value, DISPLAY, { value: display, enumerable: false })
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)
