/** Converts run options to native network options. */
import type { ResolvedRunOptions } from '../method/train-options.js'
import type { FeatureChoice, NetworkOptions } from '../native/index.js'

/** Options of a run's network on a backbone with `channels` channels. */
export function networkOptions(options: ResolvedRunOptions, channels: number): NetworkOptions {
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

/** Without a projection, codes are features. If not continuous, codes have one channel per class. */
function codeWidth({ projection, continuous, classes, dim }: ResolvedRunOptions, channels: number): number {
  if (projection === null) return channels
  return continuous ? dim : classes
}

/** Which backbone tensors a run uses as features. */
export function featureChoice({ featureKind, featureLayer }: ResolvedRunOptions): FeatureChoice {
  return { kind: featureKind, layer: featureLayer }
}
