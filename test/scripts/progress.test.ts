/** How a download's progress is shown, with a clock that stands still unless told. */
import test from 'ava'
import { load } from './scripts.js'

const { Progress } = await load('lib/libtorch/download.js')

function shown(isTTY: boolean, total: number | null, updates: [ms: number, received: number][]): string {
  let text = ''
  let now = 0
  const progress = new Progress({ isTTY, write: (chunk: string) => (text += chunk) }, () => now)
  progress.begin(total)
  for (const [ms, received] of updates) {
    now = ms
    progress.update(received)
  }
  progress.end()
  return text
}

test('away from a terminal: a line every ten per cent', (t) => {
  const updates = Array.from({ length: 100 }, (_, i): [number, number] => [(i + 1) * 100, (i + 1) * 1e6])
  const lines = shown(false, 100e6, updates).trim().split('\n')
  t.is(lines.length, 10)
  t.is(lines[0]?.trim(), '10 %  10.0 of 100.0 MB  10.0 MB/s')
  t.is(lines[9], '100 %  100.0 of 100.0 MB  10.0 MB/s')
})

test('at a terminal: a bar that redraws itself, but not at every piece', (t) => {
  const text = shown(true, 100e6, [[200, 1e6], [210, 2e6], [1000, 50e6], [1001, 100e6]]) // biome-ignore format: one line
  const frames = text.split('\r').slice(1)
  t.is(frames.length, 3)
  t.true(frames[1]?.startsWith(`[${'#'.repeat(12)}${' '.repeat(12)}]  50 %  50.0 of 100.0 MB  50.0 MB/s`))
  t.true(frames[2]?.startsWith(`[${'#'.repeat(24)}] 100 %`))
  t.true(text.endsWith('\n'))
})

test('without a known length: what came and how fast', (t) => {
  t.is(shown(false, null, [[1000, 5e6]]), '')
  t.regex(shown(true, null, [[1000, 5e6]]), /^\r5\.0 MB {2}5\.0 MB\/s/)
})
