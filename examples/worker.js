/**
 * A model in a worker thread: node examples/worker.js <run> <image>...
 *
 * The mathematics never runs on the event loop, so that a server needs no worker for it. One is of use where decoding,
 * drawing and encoding of many images would keep the main thread busy, or where a model must be stopped at once.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Stego } from 'stego'

if (isMainThread) {
  const [run, ...images] = process.argv.slice(2)
  if (images.length === 0) throw new Error('usage: node examples/worker.js <run> <image>...')
  const worker = new Worker(new URL(import.meta.url), { workerData: { run, images } })
  worker.on('message', ({ image, width, height, largest }) => {
    console.log(`${image}: ${width} x ${height}, mostly class ${largest}`)
  })
  worker.on('error', (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
} else {
  const { run, images } = workerData
  const model = await Stego.load(run)
  for (const image of images) {
    const segmentation = await model.segment(image)
    const areas = segmentation.areas()
    const { width, height } = segmentation
    parentPort.postMessage({ image, width, height, largest: areas.indexOf(Math.max(...areas)) })
  }
  model.dispose()
}
