/** How fast is the frozen backbone, beside what a matrix product reaches on the same machine in the same minute? */
import { job } from '../lib/native.js'
import { loadBackbone } from '../lib/weights/backbones.js'
import { machinePeak, report, time, useThreads } from './measure.js'

const threads = useThreads()
const backbone = await loadBackbone(process.argv[2] ?? 'starter')
const { dim, depth, patch } = backbone.info

/** FLOP of one image (2 x multiply-add): blocks and patch embedding. */
function flop(side: number): number {
  const patches = (side / patch) ** 2
  const tokens = patches + 1
  return depth * (24 * tokens * dim ** 2 + 4 * tokens ** 2 * dim) + 2 * patches * dim * 3 * patch ** 2
}

const peak = await machinePeak()
const rows = []
for (const [side, batch] of [
  [224, 1],
  [224, 8],
  [320, 1],
  [320, 8],
] as const) {
  const data = new Uint8Array(side * side * 3).map((_, i) => (i * 7919) % 256)
  const images = Array.from({ length: batch }, () => ({ data, width: side, height: side }))
  const transform = { resolution: side, crop: 'center', multiple: patch } as const
  const { min, median } = await time(
    () => job((_, cancel) => backbone.features(images, transform, cancel)),
    7,
  )
  const gflops = (flop(side) * batch) / min / 1e6
  rows.push({
    side,
    batch,
    'ms an image (min)': min / batch,
    'ms an image (median)': median / batch,
    'GFLOP an image': flop(side) / 1e9,
    'GFLOP/s': gflops,
    'share of peak': gflops / peak,
  })
}
report('Backbone forward, float32', { threads, dim, depth, patch, 'matrix product GFLOP/s': peak }, rows)
