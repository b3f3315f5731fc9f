/** Which comparison a recorded file gets, by its name. */
import { comparePatch16, compareSized, compareSmall } from './backbone.js'
import { type FileResult, Golden } from './compare.js'
import { compareDenseCrf } from './crf.js'
import { compareEvaluation } from './evaluation.js'
import { type Comparison, ParityContext, readGolden, topicOf } from './files.js'
import { compareFeaturizer } from './head.js'
import { compareColors, compareNearest, comparePreprocessing } from './imaging.js'
import {
  compareClusterLookup,
  compareContrastiveCrf,
  compareLargePairs,
  comparePairs,
  compareSampling,
  compareShiftedPermutations,
  compareWholeLoss,
} from './loss.js'
import { compareClusterScores, compareLinearScores, compareOfficialClusterScores } from './metrics.js'
import { compareNeighbors } from './neighbors.js'
import { compareAllTerms, compareTraining } from './training.js'

const COMPARISONS = new Map<string, Comparison>([
  ['vit_p8_d48_small', compareSmall],
  ['vit_p8_d48_224x224', compareSized],
  ['vit_p8_d48_320x320', compareSized],
  ['vit_p8_d48_112x448', compareSized],
  ['vit_p8_d48_56x112', compareSized],
  ['vit_p16_d24', comparePatch16],
  ['dino_featurizer', compareFeaturizer],
  ['sample', compareSampling],
  ['super_perm', compareShiftedPermutations],
  ['corr_helper_s5', comparePairs],
  ['corr_helper_s11', compareLargePairs],
  ['corr_loss_full', compareWholeLoss],
  ['cluster_lookup', compareClusterLookup],
  ['cluster_lookup_70x27', compareClusterLookup],
  ['contrastive_crf', compareContrastiveCrf],
  ['train_trace_3steps', compareTraining],
  ['train_trace_allterms', compareAllTerms],
  ['eval_pipeline', compareEvaluation],
  ['metrics_linear_27', compareLinearScores],
  ['metrics_hungarian_27', compareClusterScores],
  ['metrics_hungarian_6_absent', compareClusterScores],
  ['metrics_hungarian_5_extra3', compareOfficialClusterScores],
  ['metrics_hungarian_3_extra1', compareOfficialClusterScores],
  ['knn', compareNeighbors],
  ['preprocess', comparePreprocessing],
  ['nearest', compareNearest],
  ['colormaps', compareColors],
])

/** Those of the dense CRF are called by their size: `c40x50x4_vec` has 40 rows, 50 columns and 4 labels. */
const isDenseCrf = (topic: string) => /^c\d+x\d+x\d+(_|$)/.test(topic)

/**
 * Compares one recorded file. Never rejects: whatever goes wrong fails the file and is among its reasons.
 * @param folder where other recorded files are looked for that are not beside this one
 */
export async function compareFile(file: string, folder: string): Promise<FileResult> {
  let golden = new Golden({})
  const context = new ParityContext(file, folder)
  try {
    const topic = topicOf(file)
    const compare = COMPARISONS.get(topic) ?? (isDenseCrf(topic) ? compareDenseCrf : undefined)
    if (!compare) throw new Error(`no comparison is known for the name ${topic}`)
    golden = await readGolden(file)
    await compare(golden, context)
    return golden.finish()
  } catch (error) {
    golden.fault(error instanceof Error ? error.message : String(error))
    return golden.result()
  } finally {
    context.remove()
  }
}
