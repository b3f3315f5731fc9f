/** Shows reports on a stream: as a progress bar on a terminal, as occasional plain lines elsewhere. */
import type { Report, Status } from './reporter.js'

/** A stream such as `process.stdout` or `process.stderr`. */
export type OutputStream = NodeJS.WritableStream & {
  /** Whether it is a terminal, on which a progress bar is redrawn in place. */
  isTTY?: boolean
  /** Width of the terminal. */
  columns?: number
}

export interface StatusDisplay {
  show(report: Report): void
  /** Clears the status. */
  stop(): void
}

/** Lines per phase on a stream that is not a terminal. */
const LINES_PER_PHASE = 20
const BAR_WIDTH = 30
const SHORTEST_BAR = 8
/** Brackets and the space after them. */
const BAR_FRAME = 3
const DEFAULT_COLUMNS = 80
/** Escape sequence that clears from the cursor to the end of the line. */
const CLEAR_TO_END = '\x1b[K'

/** Opens the display that suits the stream. */
export function openStatus(stream: OutputStream): StatusDisplay {
  return stream.isTTY ? barDisplay(stream) : lineDisplay(stream)
}

function barDisplay(stream: OutputStream): StatusDisplay {
  let status: Status | null = null
  let shown = ''
  const draw = (line: string) => {
    if (line === shown) return
    stream.write(`\r${line}${CLEAR_TO_END}`)
    shown = line
  }
  const width = () => (stream.columns ?? DEFAULT_COLUMNS) - 1
  return {
    show({ lines, status: next }) {
      if (lines.length > 0) draw('')
      for (const line of lines) stream.write(`${line}\n`)
      if (next !== undefined) status = next
      draw(status === null ? '' : statusLine(status, width()).slice(0, width()))
    },
    stop() {
      status = null
      draw('')
    },
  }
}

function lineDisplay(stream: OutputStream): StatusDisplay {
  let shown = ''
  return {
    show({ lines, status }) {
      for (const line of lines) stream.write(`${line}\n`)
      if (!status || status.total === 0) return
      const part = `${status.phase} ${Math.floor((status.done * LINES_PER_PHASE) / status.total)}`
      if (part !== shown) stream.write(`${statusText(status)}\n`)
      shown = part
    },
    stop() {},
  }
}

/**
 * Formats a status such as `[####----] training 212/500: ...`, with a bar if there is room. Details that do not fit
 * are left out, the last ones first.
 */
export function statusLine(status: Status, width: number): string {
  if (status.total === 0) return `${statusText(status)} ...`
  const text = fittingText(status, width - SHORTEST_BAR - BAR_FRAME)
  const room = Math.min(BAR_WIDTH, width - text.length - BAR_FRAME)
  if (room < SHORTEST_BAR) return text
  const full = Math.round((room * status.done) / status.total)
  return `[${'#'.repeat(full)}${'-'.repeat(room - full)}] ${text}`
}

/** The text with as many details as fit, but at least the first. */
function fittingText(status: Status, width: number): string {
  const details = status.details.split(', ')
  const texts = details.map((_, dropped) =>
    statusText({ ...status, details: details.slice(0, details.length - dropped).join(', ') }),
  )
  return texts.find((text) => text.length <= width) ?? texts.at(-1)!
}

function statusText({ phase, done, total, details }: Status): string {
  const progress = total === 0 ? phase : `${phase} ${done}/${total}`
  return details === '' ? progress : `${progress}: ${details}`
}
