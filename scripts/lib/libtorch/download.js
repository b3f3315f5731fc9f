/** Streams a large file to disk, resumes after a dropped connection, and checks that everything arrived. */
import { open } from 'node:fs/promises'
import { say } from '../report.js'

/** Downloads to `file`. Resumes after a dropped connection as long as each connection gets further than the last. */
export async function download(url, file, { stream = process.stderr } = {}) {
  say(`downloading ${url}`)
  const output = await open(file, 'w')
  const progress = new Progress(stream)
  try {
    for (let furthest = 0; ; ) {
      const { received, error } = await receive(url, output, furthest, progress)
      if (!error) return
      if (received <= furthest) {
        throw new Error(`${url}: ${explain(error)}${furthest > 0 ? ` after ${furthest} bytes` : ''}`)
      }
      furthest = received
    }
  } finally {
    progress.end()
    await output.close()
  }
}

/**
 * Makes one connection and appends the data to the file; `error` is what ended it early. fetch itself checks the
 * announced length: iterating the body fails if the connection ends early.
 */
async function receive(url, output, already, progress) {
  let received = already
  try {
    const headers = { 'accept-encoding': 'identity', ...(already > 0 && { range: `bytes=${already}-` }) }
    const response = await fetch(url, { headers })
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim())
    if (response.status !== 206) received = 0 // the server starts over
    const length = response.headers.get('content-length')
    const total = length === null ? null : received + Number(length)
    progress.begin(total, received)
    for await (const chunk of response.body) {
      await output.write(chunk, 0, chunk.length, received)
      received += chunk.length
      progress.update(received)
    }
    await output.truncate(received)
    return { received }
  } catch (error) {
    return { received, error }
  }
}

/**
 * The reason for a failed fetch(), which itself says only 'fetch failed' or 'terminated'; the cause has the details.
 */
function explain(error) {
  const cause = error.cause
  return cause ? `${error.message} (${cause.message || cause.code || cause})` : error.message
}

const MEGABYTE = 1e6
const WIDTH = 24
const REDRAW_MS = 100

/** Shows a download's progress: a bar that redraws itself on a terminal, otherwise a line every ten percent. */
export class Progress {
  constructor(stream, now = () => performance.now()) {
    this.stream = stream
    this.now = now
    this.drawnAt = Number.NEGATIVE_INFINITY
    this.tenthTold = 0
  }

  /**
   * `total` is null if the server does not announce the length; `received` is what earlier connections downloaded.
   */
  begin(total, received = 0) {
    this.total = total
    this.from = received
    this.started = this.now()
  }

  update(received) {
    if (this.stream.isTTY) this.draw(received)
    else this.tell(received)
  }

  draw(received) {
    const complete = received === this.total
    if (!complete && this.now() - this.drawnAt < REDRAW_MS) return
    this.drawnAt = this.now()
    const filled = this.total ? Math.round((WIDTH * received) / this.total) : 0
    const bar = this.total ? `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ` : ''
    this.stream.write(`\r${bar}${this.describe(received)}\x1b[K`)
  }

  tell(received) {
    if (!this.total) return
    const tenth = Math.floor((10 * received) / this.total)
    if (tenth === this.tenthTold) return
    this.tenthTold = tenth
    this.stream.write(`${this.describe(received)}\n`)
  }

  describe(received) {
    const seconds = (this.now() - this.started) / 1000
    const speed = seconds > 0 ? (received - this.from) / MEGABYTE / seconds : 0
    const percent = this.total ? `${String(Math.floor((100 * received) / this.total)).padStart(3)} %  ` : ''
    const of = this.total ? ` of ${(this.total / MEGABYTE).toFixed(1)}` : ''
    return `${percent}${(received / MEGABYTE).toFixed(1)}${of} MB  ${speed.toFixed(1)} MB/s`
  }

  /** Leaves the bar as it is and starts a new line. */
  end() {
    if (Number.isFinite(this.drawnAt)) this.stream.write('\n')
  }
}
