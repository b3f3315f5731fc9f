/**
 * How results show themselves in notebooks: Jupyter kernels for JavaScript (Deno's) ask the last value of a cell for its
 * display under this symbol. Elsewhere nobody asks.
 */
import { describePosition } from '../position/position.js'
import type { ModelInfo } from '../weights/model-file.js'
import { count, significant } from './words.js'

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

export function modelRows(model: ModelInfo): [name: string, text: string][] {
  const { classes, classNames, dim, projection, backbone, position, step, heads, options, shifts } = model
  const { self, knn, random } = shifts ?? {}
  return [
    ['classes', classNames ? `${classes}: ${classNames.join(', ')}` : String(classes)],
    ['code', `${dim} channels, ${projection} head`],
    ['backbone', `${backbone.name}, ${backbone.dim} wide, patch ${backbone.patch}`],
    ...(position ? [['position', describePosition(position)] as [string, string]] : []),
    ['heads', heads.join(', ')],
    [
      'trained',
      `${count(step, 'step')} of ${options.batch} images from ${options.data}, seed ${options.seed}`,
    ],
    ...(shifts
      ? [
          [
            'shifts',
            `self ${significant(self!)}, knn ${significant(knn!)}, random ${significant(random!)}`,
          ] as [string, string],
        ]
      : []),
  ]
}
