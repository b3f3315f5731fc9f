import test from 'ava'
import { reporter } from '../../lib/progress/reporter.js'
import { openStatus, statusLine } from '../../lib/progress/status.js'
import { startEvent, stepEvent } from '../cli/fixtures/api.js'
import { recordingStream } from '../cli/fixtures/terminal.js'

const ESCAPE = String.fromCharCode(27)

test('a run begins with what it works with; the starter is called what it is', (t) => {
  const text = reporter()(startEvent()).lines.join('\n')
  t.regex(text, /backbone: starter, 192 wide, patch 8, 5\.5 M parameters/)
  t.regex(text, /starter is a small street-scene backbone .* does not replace DINO/)
  t.regex(text, /images: 367 for training \(3 labeled\), 101 for validation/)
  t.regex(text, /classes: 8, threads: 2/)
  t.notRegex(reporter()(startEvent({ backbone: 'dino.pth' })).lines.join('\n'), /replace DINO/)
})

test('steps tell losses, mean speed and the time left by it', (t) => {
  const report = reporter()
  report(stepEvent(1, { milliseconds: 200 }))
  const { status } = report(stepEvent(2, { milliseconds: 400, linearProbe: 1.5 }))
  t.deepEqual(status, {
    phase: 'training',
    done: 2,
    total: 500,
    details: '2m 29s left, 300 ms/step, correspondence -0.0123, cluster probe -0.65, linear probe 1.5',
  })
})

test('losses are explained before the first step', (t) => {
  const values = { self: 0.6, knn: 0.5, random: 0.4 }
  const { lines } = reporter()({ type: 'shifts', values, automatic: true, histograms: null })
  t.is(lines[0], 'shifts: self 0.6, knn 0.5, random 0.4 (from the data)')
  t.regex(lines[1]!, /^losses: lower is better/)
})

test('the last step stays as a line', (t) => {
  const { lines } = reporter()(stepEvent(500, { milliseconds: 1500 }))
  t.deepEqual(lines, ['training: step 500/500, correspondence -0.0123, cluster probe -0.65, 1.50 s/step'])
})

test('a validation tells the scores there are', (t) => {
  const scores = { miou: 26.61, accuracy: 63, iou: [], confusion: [], assignment: [] }
  const evaluation = {
    kmeans: scores,
    clusterProbe: null,
    linearProbe: null,
    baselineKmeans: null,
    baselineLinearProbe: null,
  }
  const counts = { images: 101, labeled: 101, split: 'val' }
  const lines = (kmeans: typeof scores | null) =>
    reporter()({ type: 'validation', step: 500, evaluation: { ...evaluation, ...counts, kmeans } }).lines
  t.deepEqual(lines(scores), ['validation at step 500: k-means 26.6 % mIoU'])
  t.deepEqual(lines(null), ['validation at step 500: no labels to score'])
})

test('place is told while it is measured and when it is decided; clusters that follow it are called that', (t) => {
  const report = reporter()
  const measuring = report({ type: 'position', done: 8, total: 300, position: null })
  t.deepEqual(measuring.lines, [])
  t.like(measuring.status, { phase: 'position in features', done: 8, total: 300 })
  const position = { place: 0.09, layout: 0.14, removed: false }
  t.regex(
    report({ type: 'position', done: 300, total: 300, position }).lines[0]!,
    /^position: 9\.0 % of the features/,
  )

  const clusters = (rows: number, head: 'kmeans' | 'baselineKmeans') =>
    report({
      ...{ type: 'clusters', head, meanCosines: [0.6], meanCosine: 0.6, sizes: [1, 2] },
      explained: { rows, columns: 0.01, images: 0.2 },
    }).lines
  t.deepEqual(clusters(0.05, 'kmeans').slice(1), ['  explained by rows 5.0 %, columns 1.0 %, images 20.0 %'])
  t.regex(
    clusters(0.263, 'kmeans')[2]!,
    /follow the vertical position of patches in the image\. This reflects the images' shared layout/,
  )
  t.is(clusters(0.263, 'baselineKmeans').length, 2)
  report({ type: 'position', done: 1, total: 1, position: { ...position, removed: true } })
  t.regex(clusters(0.263, 'kmeans')[2]!, /layout of the images: position was removed/)
})

test('neighbors tell their recall where it was measured', (t) => {
  const line = (recall: number | null) =>
    reporter()({ type: 'neighbors', images: 3, k: 2, meanSimilarity: 0.5, recall }).lines[0]
  t.is(line(null), 'neighbors: 2 per image, mean similarity 0.5')
  t.is(line(0.98765), 'neighbors: 2 per image, mean similarity 0.5, recall 98.8 % (measured on a sample)')
})

test('the bar takes the room there is and vanishes where there is none', (t) => {
  const status = { phase: 'training', done: 1, total: 2, details: 'ok' }
  t.is(statusLine(status, 200), `[${'#'.repeat(15)}${'-'.repeat(15)}] training 1/2: ok`)
  t.is(statusLine(status, 27), '[####----] training 1/2: ok')
  t.is(statusLine(status, 20), 'training 1/2: ok')
  t.is(statusLine({ phase: 'k-means', done: 0, total: 0, details: '' }, 80), 'k-means ...')
})

test('on 80 columns the bar stays, and the last details give way', (t) => {
  const report = reporter()
  const { status } = report(stepEvent(212, { linearProbe: 1.5, steps: 5000 }))
  const line = statusLine(status!, 79)
  t.true(line.length <= 79, line)
  t.regex(line, /^\[#*-+\] training 212\/5000: 23m 56s left, 300 ms\/step, correspondence -0\.0123$/)
  t.regex(statusLine(status!, 200), /linear probe 1\.5$/)
  t.is(statusLine({ phase: 'training', done: 1, total: 2, details: 'a, b' }, 5), 'training 1/2: a')
})

test('where stderr is no terminal, steps make a line now and then, by their number', (t) => {
  const { stream, text } = recordingStream()
  const status = openStatus(stream)
  const report = reporter()
  for (let step = 1; step <= 500; step++) status.show(report(stepEvent(step)))
  status.stop()
  const lines = text().trimEnd().split('\n')
  t.is(lines.length, 21)
  t.regex(lines[0]!, /^training 1\/500: /)
  t.regex(lines[1]!, /^training 25\/500: /)
  t.regex(lines[20]!, /^training: step 500\/500/)
  t.false(text().includes(ESCAPE))
})

test('on a terminal the bar is drawn in place and taken away at the end', (t) => {
  const { stream, text } = recordingStream()
  const terminal = Object.assign(stream, {
    isTTY: true,
    columns: 120,
    cursorTo: () => stream.write('\r'),
    clearLine: () => stream.write(`${ESCAPE}[2K`),
  })
  const status = openStatus(terminal)
  const report = reporter()
  status.show(report(stepEvent(1)))
  status.show({ lines: ['a line that stays'] })
  status.stop()
  t.regex(text(), /\] training 1\/500: 2m 30s left/)
  t.regex(text(), /a line that stays\n/)
  for (const code of ['[?25l', '[?7l']) {
    t.false(text().includes(ESCAPE + code), 'nothing that a killed process would leave switched off')
  }
})
