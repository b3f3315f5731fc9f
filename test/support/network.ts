/** A small network for tests. */
import type { NetworkOptions } from '../../lib/native/index.js'

export const NETWORK: NetworkOptions = {
  dim: 6,
  classes: 3,
  clusters: 3,
  projection: 'nonlinear',
  continuous: true,
  decoder: false,
  seed: 1,
}
