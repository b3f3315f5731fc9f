/** Messages from the scripts, always on stderr: standard output belongs to the program that is run. */

/** A failure whose message tells the user what to do; shown without a stack trace. */
export class Problem extends Error {}

let lineIsOpen = false

/** Ends the line that `step` began, so that other output starts on its own line. */
export function endLine() {
  if (lineIsOpen) process.stderr.write('\n')
  lineIsOpen = false
}

export function say(text) {
  endLine()
  process.stderr.write(`stego: ${text}\n`)
}

/**
 * Says what is being done and, once it is done, how long it took: on one line if nothing else is written. Work that
 * finishes within `quiet` milliseconds is not mentioned.
 */
export async function step(what, work, { quiet = 0 } = {}) {
  const started = performance.now()
  let announced = false
  const announce = () => {
    announced = true
    endLine()
    process.stderr.write(`stego: ${what} ...`)
    lineIsOpen = true
  }
  const timer = quiet > 0 ? setTimeout(announce, quiet) : announce()
  try {
    const result = await work()
    const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
    if (lineIsOpen) process.stderr.write(` ${took}\n`)
    else if (announced) say(`${what} took ${took}`)
    lineIsOpen = false
    return result
  } finally {
    clearTimeout(timer)
    endLine()
  }
}

/** Runs a script's body and turns its result into an exit code: a number, or 1 after an error. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    endLine()
    process.stderr.write(error instanceof Problem ? `stego: ${error.message}\n` : `${error.stack ?? error}\n`)
    process.exitCode = 1
  }
}
