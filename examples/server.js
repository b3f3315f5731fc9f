/**
 * Segments uploads over HTTP: node examples/server.js <run> [--port 3000] [--concurrency 2] [--most 16]
 *
 *   curl -F image=@street.jpg localhost:3000/segment -o overlay.png
 *   curl -F image=@street.jpg 'localhost:3000/segment?style=index&crf=true' -o labels.png
 *
 * The mathematics of one process runs on one thread beside the event loop, so that a second image does not make the
 * first slower; with a `concurrency` of 2 the next is decoded meanwhile. An upload that waits is held in memory, so
 * there is a bound for these too: beyond `most` the answer is 503. Whoever hangs up is not worked for any longer.
 */
import { parseArgs } from 'node:util'
import multipart from '@fastify/multipart'
import fastify from 'fastify'
import pLimit from 'p-limit'
import { Stego, StegoError } from 'stego'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '3000' },
    concurrency: { type: 'string', default: '2' },
    most: { type: 'string', default: '16' },
  },
})
const [run] = positionals
if (!run) throw new Error('usage: node examples/server.js <run> [--port 3000] [--concurrency 2] [--most 16]')

const model = await Stego.load(run)
const limit = pLimit(Number(values.concurrency))
const app = fastify({ logger: true })
await app.register(multipart, { limits: { files: 1, fileSize: 20e6 } })

const query = {
  type: 'object',
  properties: { style: { enum: ['overlay', 'index', 'palette'] }, crf: { type: 'boolean', default: false } },
}

/** Uploads that were taken in and are not answered yet. */
let open = 0

app.post('/segment', { schema: { querystring: query } }, async (request, reply) => {
  if (open >= Number(values.most)) {
    return reply.code(503).header('retry-after', '5').send({ error: 'too many images are waiting' })
  }
  open++
  try {
    return reply.type('image/png').send(await segmentUpload(request, reply.raw))
  } finally {
    open--
  }
})

async function segmentUpload(request, response) {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const upload = await request.file()
  const image = await upload.toBuffer()
  const { style, crf } = request.query
  return limit(async () => {
    const segmentation = await model.segment(image, { crf, signal: gone.signal })
    return segmentation.toPng({ style })
  })
}

app.get('/model', () => model.info)

/** What is wrong with the upload is the sender's business, everything else is logged. */
app.setErrorHandler((error, request, reply) => {
  if (error instanceof StegoError && error.code === 'ERR_STEGO_IMAGE') {
    return reply.code(415).send({ error: error.message })
  }
  if (error.statusCode < 500) return reply.code(error.statusCode).send({ error: error.message })
  request.log.error(error)
  return reply.code(500).send({ error: 'this image could not be segmented' })
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await app.close() // waits for the answers under way
    model.dispose()
  })
}
await app.listen({ port: Number(values.port) })
