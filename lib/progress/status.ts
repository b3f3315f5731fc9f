/** Shows reports on a stream: with a bar that is redrawn on a terminal, as plain lines now and then elsewhere. */
import type { Report, Status } from './reporter.js'

/** A stream as `process.stdout` and `process.stderr` are. */
export type OutputStream = NodeJS.WritableStream & {
  /** Whether somebody watches: then a bar is redrawn in place. */
  isTTY?: boolean
  /** Width of the terminal. */
  columns?: number
}

export interface StatusDisplay {
  show(report: Report): void
  /** Removes what is not to stay. */
  stop(): void
}

/** Lines of a phase on a stream that is no terminal. */
const LINES_PER_PHASE = 20
const BAR_WIDTH = 30
const SHORTEST_BAR = 8
const DEFAULT_COLUMNS = 80
/** The terminal's command that clears from the cursor to the end of the line. */
const CLEAR_TO_END = '\x1b[K'

/** The display that suits the stream. */
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

/** `training [####----] 212/500 correspondence -0.012, ...`, the bar as long as there is room for it. */
export function statusLine(status: Status, width: number): string {
  const text = statusText(status)
  if (status.total === 0) return `${text} ...`
  const room = Math.min(BAR_WIDTH, width - text.length - 4)
  if (room < SHORTEST_BAR) return text
  const full = Math.round((room * status.done) / status.total)
  return `[${'#'.repeat(full)}${'-'.repeat(room - full)}] ${text}`
}

function statusText({ phase, done, total, details }: Status): string {
  const progress = total === 0 ? phase : `${phase} ${done}/${total}`
  return details === '' ? progress : `${progress}: ${details}`
}
