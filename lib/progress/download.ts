/** Download progress as a report. */
import { formatBytes } from '../options/bytes.js'
import { duration } from '../output/words.js'
import type { DownloadProgress } from '../weights/progress.js'
import type { Report } from './reporter.js'

const MEGABYTE = 1e6

export function downloadReport(progress: DownloadProgress): Report {
  const { name, state, done, total, bytesPerSecond, message } = progress
  if (state === 'done')
    return { lines: [`downloaded ${name}: ${formatBytes(done)}; ${message}`], status: null }
  if (state === 'waiting') return { lines: [`${name}: ${message}`] }
  const left = total && bytesPerSecond ? `, ${duration((total - done) / bytesPerSecond)} left` : ''
  const details = bytesPerSecond ? `${(bytesPerSecond / MEGABYTE).toFixed(1)} MB/s${left}` : ''
  const megabytes = (bytes: number) => Math.round(bytes / MEGABYTE)
  return {
    lines: [],
    status: {
      phase: `downloading ${name} (MB)`,
      done: megabytes(done),
      total: megabytes(total ?? 0),
      details,
    },
  }
}
