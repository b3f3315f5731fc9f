/** Compares recorded files: `main.ts <folder>`. The last line of standard output is the result as JSON. */
import { compareFolder, formatSummary } from './report.js'

const folder = process.argv[2]
const summary = folder
  ? await compareFolder(folder)
  : { files: {}, passed: false, reason: 'give the folder of the recorded files' }
console.log(formatSummary(summary))
console.log(JSON.stringify(summary))
process.exitCode = summary.passed ? 0 : 1
