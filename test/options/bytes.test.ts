import test from 'ava'
import { formatBytes, parseBytes } from '../../lib/options/bytes.js'

test('sizes are read with decimal and binary units, and without', (t) => {
  t.is(parseBytes('500MB'), 500_000_000)
  t.is(parseBytes('2GB'), 2_000_000_000)
  t.is(parseBytes('2GiB'), 2 * 1024 ** 3)
  t.is(parseBytes('1.5 kib'), 1536)
  t.is(parseBytes('0'), 0)
  t.is(parseBytes('123'), 123)
})

test('what is not a size is not read as one', (t) => {
  for (const text of ['', 'MB', '-1', '2 parsecs', '1e3', '0x10', '1,5GB']) {
    t.is(parseBytes(text), undefined, text)
  }
})

test('sizes are written in the unit that fits', (t) => {
  t.is(formatBytes(2 * 1024 ** 3), '2 GiB')
  t.is(formatBytes(500e6), '500 MB')
  t.is(formatBytes(12_345_678), '11.8 MiB')
  t.is(formatBytes(12), '12 bytes')
})
