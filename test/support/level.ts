/**
 * How thorough this run is: `npm test`, `npm run test:full` (what continuous integration runs) or `npm run test:long`
 * (what takes longer than that: run by hand before a claim is made).
 */
import test from 'ava'

const LEVELS = ['fast', 'full', 'long'] as const
type Level = (typeof LEVELS)[number]

/** The level; scripts/test.js sets the variable. */
export const LEVEL = (process.env.STEGO_TEST_LEVEL ?? 'fast') as Level
if (!LEVELS.includes(LEVEL)) throw new Error(`STEGO_TEST_LEVEL=${LEVEL}: expected ${LEVELS.join(', ')}`)

/** Whether tests of this level are run. */
export const runs = (level: Level) => LEVELS.indexOf(LEVEL) >= LEVELS.indexOf(level)

/** `test` where tests of this level are run, elsewhere what skips them. */
export const testAt = (level: Level) => (runs(level) ? test : test.skip)
/** The same, one after another. */
export const serialAt = (level: Level) => (runs(level) ? test.serial : test.serial.skip)
