/** Parts of the doctor that a run on this machine shows one side of only. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { describeCache } from '../../lib/doctor/cache.js'
import type { Check } from '../../lib/doctor/checks.js'
import { numbers, picture, scattered, spread } from '../../lib/doctor/recorded.js'
import { runCheck } from '../../lib/doctor/self-test.js'
import { variablesOfInterest } from '../../lib/env.js'
import { emptyFolder } from './run.js'

const check = (run: () => Promise<number>): Check => ({
  name: 'a check',
  reference: 'official implementation',
  measure: 'absolute',
  tolerance: 1e-4,
  run,
})

test('a check passes up to its tolerance, and what is not a number fails', async (t) => {
  t.like(await runCheck(check(async () => 1e-4)), { ok: true, error: 1e-4, problem: null })
  t.like(await runCheck(check(async () => 1.1e-4)), { ok: false, error: 1.1e-4 })
  t.like(await runCheck(check(async () => Number.NaN)), { ok: false })
  const broken = check(async () => {
    throw new Error('no weights')
  })
  t.like(await runCheck(broken), { ok: false, error: null, problem: 'no weights' })
})

test('inputs are those that were recorded with', (t) => {
  // The first three are those of record.py.
  t.deepEqual([...scattered(1, 3)], [2131896459, 1913712390, 2729132587])
  t.true(
    numbers(11, 500).data.every((value) => value >= -1 && value < 1 && Number.isInteger(value * 2 ** 19)),
  )
  t.deepEqual(numbers(11, 2, 3).shape, [2, 3])
  const { data } = picture(20, 10, 8, 4)
  t.is(data.length, 600)
  t.true(data[3 * 9]! >= 53 && data[3 * 9]! < 57)
  t.deepEqual(spread({ data: [0, 1, 2, 3, 4, 5, 6] }, 3), [0, 2, 4])
})

test('variables: those that matter, credentials masked', (t) => {
  const given = {
    HTTPS_PROXY: 'http://ann:se/cr@et@proxy:8080',
    http_proxy: 'ann:sec/ret@proxy:8080',
    NO_PROXY: 'localhost,.example.org',
    STEGO_MIRROR: 'https://ann:secret@mirror.example/weights?token=secret',
    STEGO_CACHE: '/var/cache/ann@work',
    OMP_NUM_THREADS: '4',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    STEGO_OFFLINE: '',
    HOME: '/home/ann',
    MY_SECRET: 'secret',
  }
  t.deepEqual(variablesOfInterest(given), {
    HTTPS_PROXY: 'http://***@proxy:8080',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    NO_PROXY: 'localhost,.example.org',
    OMP_NUM_THREADS: '4',
    STEGO_CACHE: '/var/cache/ann@work',
    STEGO_MIRROR: 'https://***@mirror.example/weights?***',
    http_proxy: '***@proxy:8080',
  })
})

test('a cache that is not there yet would be made in the nearest folder', async (t) => {
  const folder = join(emptyFolder(t), 'a', 'b')
  t.deepEqual(await describeCache(folder), { folder, exists: false, writable: true, bytes: 0, entries: [] })
})

test('a file where the cache should be cannot be written to', async (t) => {
  const file = join(emptyFolder(t), 'file')
  writeFileSync(file, '')
  t.like(await describeCache(join(file, 'cache')), { exists: false, writable: false })
})
