/** Streams a large file to disk, goes on after a dropped connection, and checks that all of it came. */
import { open } from 'node:fs/promises'
import { say } from '../report.js'
import { Progress } from './progress.js'

/** Downloads to `file`. A dropped connection is taken up again as long as each one gets further than the last. */
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
 * One connection: appends what comes to the file; `error` is what ended it early. That all of the announced length
 * came is fetch's own check: the body's iteration fails when the connection ends before.
 */
async function receive(url, output, already, progress) {
  let received = already
  try {
    const headers = { 'accept-encoding': 'identity', ...(already > 0 && { range: `bytes=${already}-` }) }
    const response = await fetch(url, { headers })
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim())
    if (response.status !== 206) received = 0 // the server starts again
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

/** fetch() says only 'fetch failed' or 'terminated'; what happened is in its cause. */
function explain(error) {
  const cause = error.cause
  return cause ? `${error.message} (${cause.message || cause.code || cause})` : error.message
}
