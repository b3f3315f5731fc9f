/** An evaluation of ten labeled images in which only the given heads were scored. */
import type { Evaluation } from '../../lib/evaluation/evaluation.js'

export function evaluation(given: Partial<Evaluation>): Evaluation {
  const nothing = {
    kmeans: null,
    clusterProbe: null,
    linearProbe: null,
    baselineKmeans: null,
    baselineLinearProbe: null,
  }
  return { ...nothing, images: 10, labeled: 10, split: 'val', ...given }
}
