/** How far a download is: a bar that redraws itself at a terminal, a line every ten per cent elsewhere. */

const MEGABYTE = 1e6
const WIDTH = 24
const REDRAW_MS = 100

export class Progress {
  constructor(stream, now = () => performance.now()) {
    this.stream = stream
    this.now = now
    this.drawnAt = Number.NEGATIVE_INFINITY
    this.tenthTold = 0
  }

  /** `total` is null where the server does not tell the length; `received` is what an earlier connection brought. */
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

  /** Leaves the bar as it stands and goes to a new line. */
  end() {
    if (Number.isFinite(this.drawnAt)) this.stream.write('\n')
  }
}
