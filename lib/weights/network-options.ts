/** From the options of a run to what the native network is made of. */
import type { TrainOptions } from '../method/train-options.js'
import type { FeatureChoice, NetworkOptions } from '../native/index.js'

/** The network of a run on a backbone of `channels` channels. */
export function networkOptions(options: TrainOptions, channels: number): NetworkOptions {
  const { classes, extraClusters, projection, continuous, reconstruction, seed } = options
  return {
    dim: codeWidth(options, channels),
    classes,
    clusters: classes + extraClusters,
    projection,
    continuous,
    decoder: reconstruction.weight > 0,
    seed,
  }
}

/** Without a projection the code is the feature; where it is not continuous, it has a channel a class. */
function codeWidth({ projection, continuous, classes, dim }: TrainOptions, channels: number): number {
  if (projection === null) return channels
  return continuous ? dim : classes
}

/** Which of the backbone's tensors a run takes as features. */
export function featureChoice({ featureKind, featureLayer }: TrainOptions): FeatureChoice {
  return { kind: featureKind, layer: featureLayer }
}
