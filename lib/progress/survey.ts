/** Progress of a survey as a report. */
import type { SurveyProgress } from '../datasets/survey.js'
import type { Report } from './reporter.js'

/** Surveys of fewer files are over before anyone could read of them. */
const SOON_DONE = 500

export function surveyReport({ what, split, done, total }: SurveyProgress): Report {
  if (total < SOON_DONE) return { lines: [] }
  return { lines: [], status: { phase: `looking at the ${what} of ${split}`, done, total, details: '' } }
}
