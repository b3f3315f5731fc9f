/** How many tests passed and failed, from the statistics AVA keeps of a run. */

/**
 * Passed: tests. Failed: tests that failed or never ran to their end (their file crashed or hung), exceptions and
 * rejections that nobody caught, and 1 for a file that is at fault without any of these: a hook that failed, a
 * crash after the last test, no test at all. `filesAtFault` is a set of file names.
 */
export function countTests(stats, filesAtFault) {
  let failed = 0
  for (const [file, of] of stats.byFile) {
    const told = of.failedTests + of.remainingTests + of.uncaughtExceptions + of.unhandledRejections
    const atFault = filesAtFault.has(file) || of.failedHooks > 0 || of.declaredTests === 0
    failed += told === 0 && atFault ? 1 : told
  }
  return { passed: stats.passedTests + stats.passedKnownFailingTests, failed }
}
