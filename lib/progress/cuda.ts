/** Progress of setting up libtorch for CUDA as a report. */
import type { SetupProgress } from '../cuda/progress.js'
import { duration } from '../output/words.js'
import type { Report } from './reporter.js'

const MEGABYTE = 1e6

export function setupReport({ state, name, done, total, bytesPerSecond, message }: SetupProgress): Report {
  if (state === 'waiting') return { lines: [`${name}: ${message}`] }
  const speed = bytesPerSecond
    ? `, ${(bytesPerSecond / MEGABYTE).toFixed(1)} MB/s, ${duration((total - done) / bytesPerSecond)} left`
    : ''
  return {
    lines: [],
    status: {
      phase: 'libtorch for CUDA (MB)',
      done: Math.round(done / MEGABYTE),
      total: Math.round(total / MEGABYTE),
      details: state === 'unpacking' ? `unpacking ${name}` : `${name}${speed}`,
    },
  }
}
