import test from 'ava'
import { decodeRuns, encodeRuns } from '../../lib/training/run-lengths.js'

test('bytes come back from their runs, long and short', (t) => {
  const noise = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) % 251)
  for (const data of [
    new Uint8Array(0),
    Uint8Array.of(7),
    new Uint8Array(256).fill(255),
    new Uint8Array(257).fill(1),
    new Uint8Array(50176).fill(3),
    Uint8Array.from([...new Uint8Array(300).fill(2), ...noise, 2, 2]),
  ]) {
    t.deepEqual(decodeRuns(encodeRuns(data), data.length), data)
  }
  t.is(encodeRuns(new Uint8Array(50176).fill(3)).length, 2 * 196)
})
