/**
 * How much does it change a picture's labels to compute it in parts (native/backbone/parts.h), and how much time does it
 * save? Needs a trained model and photographs: `npx tsx benchmarks/parts.ts <run> <folder>`.
 */
import { openFolder } from '../lib/datasets/folder.js'
import { Stego } from '../lib/index.js'
import { report, useThreads } from './measure.js'

const [run, folder] = process.argv.slice(2)
if (!run || !folder) throw new Error('expected a run and a folder of photographs')
const PICTURES = 5
const LIMITS = [6400, 3200, 1600]
const RESOLUTIONS = [320, 640]

const threads = useThreads()
const model = await Stego.load(run)
const { items } = await openFolder(folder, 'train')
const step = Math.max(1, Math.floor(items.length / PICTURES))
const files = items.filter((_, index) => index % step === 0).slice(0, PICTURES)

const rows: Record<string, unknown>[] = []
for (const resolution of RESOLUTIONS) {
  for (const maxPatches of LIMITS) {
    let [same, all, whole, parts] = [0, 0, 0, 0]
    for (const { image } of files) {
      const start = performance.now()
      const expected = await model.segment(image, { resolution, maxPatches: Number.MAX_SAFE_INTEGER })
      const middle = performance.now()
      const found = await model.segment(image, { resolution, maxPatches })
      parts += performance.now() - middle
      whole += middle - start
      all += found.labels.length
      for (let i = 0; i < found.labels.length; i++) same += Number(found.labels[i] === expected.labels[i])
    }
    rows.push({
      resolution,
      'patches at most': maxPatches,
      'equal labels (%)': Number(((100 * same) / all).toFixed(2)),
      'time of the whole': Number((parts / whole).toFixed(2)),
    })
  }
}
report('pictures in parts', { run, pictures: files.length, threads }, rows)
