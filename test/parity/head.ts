/** Backbone and segmentation head together: image features of both kinds, codes, pooled features. */
import {
  job,
  type NativeNetwork,
  type Projection,
  type Tensor,
  type TensorData,
} from '../../lib/native/index.js'
import { stored, writeTensors } from '../support/weights.js'
import { parameterNames, trace, weightNames } from './backbone.js'
import type { Golden } from './compare.js'
import type { Comparison } from './files.js'
import { classTokens, keyTokens, patchMap, pooledUnit } from './tensors.js'

const HEADS = 6
const DEPTH = 2

/** The recorded vision transformer under its names in a checkpoint. */
export function backboneTensors(golden: Golden): Record<string, Tensor> {
  const names = weightNames('model.', DEPTH)
  return Object.fromEntries(names.map((name) => [`net.${name}`, golden.float(`state.${name}`)]))
}

/** A network from the tensors of a checkpoint, which is written to `path`. */
export async function loadNetwork(
  path: string,
  tensors: Record<string, Tensor<TensorData>>,
  choice: { projection?: Projection; decoder?: boolean } = {},
): Promise<NativeNetwork> {
  const { projection = 'nonlinear', decoder = false } = choice
  const [classes, dim] = tensors['cluster_probe.clusters']!.shape as [number, number]
  await writeTensors(path, tensors)
  const places = await stored(path)
  const options = {
    dim,
    classes,
    clusters: classes,
    projection,
    continuous: true,
    decoder,
    seed: 0,
    heads: HEADS,
    features: { kind: 'feat', layer: 1 },
    device: 'cpu',
    dtype: 'float32',
  } as const
  return job((native, cancel) => native.Network.load(places, options, cancel))
}

/** Features of the last block and keys of the last block, and the codes of both by both kinds of head. */
export const compareFeaturizer: Comparison = async (golden, context) => {
  const head = parameterNames(['cluster1.0', 'cluster2.0', 'cluster2.2'])
  const dim = golden.float('state.cluster1.0.bias').shape[0]!
  const checkpoint = {
    ...backboneTensors(golden),
    ...Object.fromEntries(head.map((name) => [`net.${name}`, golden.float(`state.${name}`)])),
    'cluster_probe.clusters': { data: new Float32Array(2 * dim), shape: [2, dim] }, // codes do not need them
  }
  const load = (projection: Projection) =>
    loadNetwork(context.temporary(projection), checkpoint, { projection })
  const networks = { linear: await load('linear'), nonlinear: await load('nonlinear') }

  const { backbone } = networks.linear
  const input = golden.float('in')
  const { features, qkv } = await trace(backbone, input, 1)
  const [height, width] = input.shape.slice(2).map((side) => side / backbone.info.patch) as [number, number]
  const images = {
    feat: patchMap(features[0]!, height, width),
    KK: patchMap(keyTokens(qkv[0]!), height, width),
  }
  golden.expect('features', 'image_feat_feat', images.feat)
  golden.expect('features', 'image_feat_KK', images.KK)
  golden.expect('features', 'knn_feat', pooledUnit(images.KK))
  const classes = classTokens(features[0]!)
  golden.expect('features', 'class_feat', { ...classes, shape: [...classes.shape, 1, 1] })
  for (const [kind, image] of Object.entries(images)) {
    for (const [projection, network] of Object.entries(networks)) {
      const codes = await job((_, cancel) => network.encode(image, cancel))
      golden.expect('features', `code_${kind}_${projection}`, codes)
    }
  }
  for (const network of Object.values(networks)) network.dispose()
}
