/** Evaluation of one picture: codes averaged with those of its mirror image, enlarged, and probabilities. */
import { job, type Pixels, type PredictOptions, type Tensor } from '../../lib/native/index.js'
import { parameterNames, toPixels, trace, weightNames } from './backbone.js'
import { expectProbabilities } from './crf.js'
import type { Comparison } from './files.js'
import { loadNetwork } from './head.js'
import { patchMap, reader, tabulate } from './tensors.js'

const PROBES = ['net.cluster1.0', 'net.cluster2.0', 'net.cluster2.2', 'linear_probe']

export const compareEvaluation: Comparison = async (golden, context) => {
  const names = [...weightNames('net.model.', 2), ...parameterNames(PROBES), 'cluster_probe.clusters']
  const network = await loadNetwork(
    context.temporary('network'),
    Object.fromEntries(names.map((name) => [name, golden.float(`state.${name}`)])),
  )
  const picture = toPixels(golden.bytes('in_u8'))
  const { patch } = network.backbone.info
  const untouched = { resolution: picture.height, fit: 'whole', multiple: patch } as const
  const input = await job((native) => native.prepareImages([picture], untouched))
  golden.expect('mismatches', 'x', input)

  const encode = async (pixels: Tensor) => {
    const { features } = await trace(network.backbone, pixels, 1)
    const map = patchMap(features[0]!, picture.height / patch, picture.width / patch)
    return job((_, cancel) => network.encode(map, cancel))
  }
  const code = await encode(input)
  const mirrored = mirror(await encode(mirror(input)))
  const average = { ...code, data: code.data.map((value, i) => (value + mirrored.data[i]!) / 2) }
  golden.expect('features', 'code1', code)
  golden.expect('features', 'code_avg', average)
  golden.expect('features', 'code_up', enlarge(average, picture))

  const options: PredictOptions = {
    transform: untouched,
    flip: true,
    heads: [],
    size: 'transform',
    logProbabilities: ['clusterProbe', 'linearProbe'],
    temperature: 2,
    crf: false,
  }
  const [prediction] = await job((_, cancel) => network.predict([picture], options, cancel))
  const { clusterProbe, linearProbe } = prediction!.logProbabilities
  golden.expect('loss', 'cluster_logprobs', asBatch(clusterProbe!))
  golden.expect('loss', 'linear_logprobs', asBatch(linearProbe!))

  const refining: PredictOptions = { ...options, heads: ['clusterProbe', 'linearProbe'], crf: true }
  const [refined] = await job((_, cancel) => network.predict([picture], refining, cancel))
  for (const [name, head] of [
    ['cluster', 'clusterProbe'],
    ['linear', 'linearProbe'],
  ] as const) {
    const { data, shape } = refined!.logProbabilities[head]!
    expectProbabilities(golden, `crf_${name}_Q`, { data: data.map(Math.exp), shape })
    const labels = { data: refined!.labels[head]!, shape: shape.slice(1) }
    golden.expect('mismatches', `crf_${name}_argmax`, labels)
  }
  network.dispose()
}

const asBatch = ({ data, shape }: Tensor): Tensor => ({ data, shape: [1, ...shape] })

/** Columns of [B, C, H, W] in opposite order. */
function mirror(map: Tensor): Tensor {
  const at = reader(map)
  const width = map.shape[3]!
  return tabulate(map.shape, (b, c, y, x) => at(b, c, y, width - 1 - x))
}

/** Bilinear enlargement of [B, C, h, w], align_corners False. */
function enlarge(map: Tensor, { width, height }: Pick<Pixels, 'width' | 'height'>): Tensor {
  const at = reader(map)
  const [batch, channels, rows, columns] = map.shape as [number, number, number, number]
  const place = (i: number, from: number, to: number) => {
    const exact = Math.max(0, ((i + 0.5) * from) / to - 0.5)
    const first = Math.floor(exact)
    return { first, second: Math.min(first + 1, from - 1), weight: exact - first }
  }
  return tabulate([batch, channels, height, width], (b, c, i, j) => {
    const y = place(i, rows, height)
    const x = place(j, columns, width)
    const across = (row: number) =>
      at(b, c, row, x.first) * (1 - x.weight) + at(b, c, row, x.second) * x.weight
    return across(y.first) * (1 - y.weight) + across(y.second) * y.weight
  })
}
