/** Compares all recorded files of a folder and lays the results out as a table and as JSON. */
import path from 'node:path'
import type { FileResult } from './compare.js'
import { goldenFiles, labelOf } from './files.js'
import { compareFile } from './registry.js'

/** The result of a run, as plain data. */
export interface Summary {
  /** By path below the folder, without extension. */
  files: Record<string, FileResult>
  passed: boolean
  /** Why nothing could be compared, where that is so. */
  reason?: string
}

/** Never rejects: a run that cannot be made has not passed. */
export async function compareFolder(folder: string): Promise<Summary> {
  let paths: string[]
  try {
    paths = goldenFiles(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { files: {}, passed: false, reason: `the folder cannot be read: ${reason}` }
  }
  if (paths.length === 0) {
    return { files: {}, passed: false, reason: `no .safetensors file below ${path.resolve(folder)}` }
  }
  const results: [string, FileResult][] = []
  for (const file of paths) results.push([labelOf(file, folder), await compareFile(file, folder)])
  return { files: Object.fromEntries(results), passed: results.every(([, { passed }]) => passed) }
}

/** The results for people: a line a file with its largest error, and a last line about all. */
export function formatSummary({ files, reason }: Summary): string {
  if (reason) return `FAIL: ${reason}`
  const rows = Object.entries(files).map(([label, result]) => [
    label,
    result.worstShare === null ? '-' : `${(100 * result.worstShare).toFixed(1)} %`,
    result.worstError === null ? '-' : result.worstError.toExponential(1),
    result.worstKey ?? '-',
    result.passed ? 'ok' : `FAIL: ${shorten(result.reasons)}`,
  ])
  const agreeing = Object.values(files).filter(({ passed }) => passed).length
  const heading = ['file', 'of tolerance', 'largest error', 'where', '']
  const end = `${agreeing} of ${rows.length} files agree.`
  return [...layOut([heading, ...rows]), '', end].join('\n')
}

const SHOWN_REASONS = 3

function shorten(reasons: string[]): string {
  const more = reasons.length - SHOWN_REASONS
  return [...reasons.slice(0, SHOWN_REASONS), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** Pads cells to their column's widest, numbers to the right. */
function layOut(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const isNumber = (column: number) => column === 1 || column === 2
  const pad = (cell: string, column: number) =>
    isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
  return rows.map((row) => row.map(pad).join('   ').trimEnd())
}
