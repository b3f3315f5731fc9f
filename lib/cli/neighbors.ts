/** `stego neighbors` */
import { z } from 'zod'
import { checkNeighborFile, NEIGHBOR_EXTENSIONS, writeNeighbors } from '../neighbors/neighbor-file.js'
import { neighborsSchema } from '../neighbors/options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import { count, recallWords, shellWord, significant } from '../output/words.js'
import type { PositionProgress } from '../position/position.js'
import { downloadReport } from '../progress/download.js'
import { positionReport } from '../progress/reporter.js'
import { openStatus } from '../progress/status.js'
import type { DownloadProgress } from '../weights/progress.js'
import type { Command, Surroundings } from './command.js'

const { onProgress: _, onDownload: __, onPosition: ___, signal: ____, ...flags } = neighborsSchema.shape
const schema = z.strictObject({
  ...flags,
  out: option(path(), {
    group: 'Common',
    value: 'file',
    expected: `the file to write, ${NEIGHBOR_EXTENSIONS.join(' or ')}`,
    doc:
      '.safetensors for train --neighbor-file, which checks that it belongs to the images and the backbone; .npz as ' +
      'precompute_knns.py writes it, each image itself in column 0. A file of this name is replaced.',
  }),
  json: jsonOption('Print the file, the number of images and neighbors, their mean similarity and recall.'),
})

export const neighborsCommand: Command = {
  usage: ['neighbors --data <folder> --out <file> [--backbone <name>] [--k <n>] [flags]'],
  schema,
  words: { min: 0, max: 0, what: 'flags only; the folder of images goes after --data' },
  examples: [
    {
      line: 'stego neighbors --data ./photos --out photos.safetensors',
      doc: 'Once, for several trainings on the same images.',
    },
    {
      line: 'stego neighbors --data photos --backbone dino-vits8 --out nns_vit_small_photos_train_None_224.npz',
      doc: 'For the original code.',
    },
  ],
  interruptible: true,
  run: neighbors,
}

async function neighbors(given: Given, { terminal, signal }: Surroundings): Promise<void> {
  const { json, out, ...options } = parseOptions(schema, given.values, 'stego neighbors', FLAG_WORDING)
  checkNeighborFile(out)
  const { computeNeighbors } = await import('../neighbors/compute.js')
  const status = openStatus(terminal.stderr)
  const onProgress = (done: number, total: number) =>
    status.show({ lines: [], status: { phase: 'backbone features', done, total, details: '' } })
  const onPosition = (progress: PositionProgress) => status.show(positionReport(progress))
  const onDownload = (progress: DownloadProgress) => status.show(downloadReport(progress))
  try {
    const found = await computeNeighbors({ ...options, onPosition, onProgress, onDownload, signal })
    await writeNeighbors(out, found)
    status.stop()
    const { similarities, recall } = found
    const meanSimilarity = similarities.reduce((sum, value) => sum + value, 0) / similarities.length
    const result: Result = { file: out, images: found.count, k: found.k, meanSimilarity, recall }
    terminal.print(json ? JSON.stringify(result) : summary(result, options.data))
  } finally {
    status.stop()
  }
}

interface Result {
  file: string
  images: number
  k: number
  meanSimilarity: number
  recall: number | null
}

function summary({ file, images, k, meanSimilarity, recall }: Result, data: string): string {
  const found = `${k} for each of ${count(images, 'image')}, mean similarity ${significant(meanSimilarity)}`
  return [
    `neighbors: ${found}${recallWords(recall)}`,
    `file: ${file}`,
    `next: stego train --data ${shellWord(data)} --neighbor-file ${shellWord(file)}`,
  ].join('\n')
}
