/** Progress of everything before training as a report. */
import type { FeatureStoreProgress } from '../features/progress.js'
import { downloadReport } from './download.js'
import { featuresReport, positionReport, type Report } from './reporter.js'
import { surveyReport } from './survey.js'

export function featureStoreReport(progress: FeatureStoreProgress): Report {
  switch (progress.type) {
    case 'survey':
      return surveyReport(progress)
    case 'download':
      return downloadReport(progress)
    case 'position':
      return positionReport(progress)
    case 'features':
      return featuresReport(progress)
  }
}
