/** `stego neighbors` */
import { z } from 'zod'
import { leftOutLines } from '../datasets/unused.js'
import type { FeatureStoreProgress } from '../features/progress.js'
import { checkNeighborFile, NEIGHBOR_EXTENSIONS, writeNeighbors } from '../neighbors/neighbor-file.js'
import { neighborsSchema } from '../neighbors/options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import { count, recallWords, significant } from '../output/words.js'
import { featureStoreReport } from '../progress/feature-store.js'
import { openStatus } from '../progress/status.js'
import type { Command, CommandContext } from './command.js'
import { trainCommandLine } from './train-command.js'

const { onProgress: _, signal: __, ...flags } = neighborsSchema.shape
const schema = z.strictObject({
  ...flags,
  out: option(path(), {
    group: 'Common',
    value: 'file',
    expected: `the output file, ${NEIGHBOR_EXTENSIONS.join(' or ')}`,
    doc:
      'Output file: .safetensors for train --neighbor-file, which checks that it matches the images and backbone; or ' +
      '.npz as written by precompute_knns.py, with the image itself in column 0. An existing file is overwritten.',
  }),
  json: jsonOption('Print the file, image and neighbor counts, mean similarity and recall as JSON.'),
})

export const neighborsCommand: Command = {
  usage: ['neighbors --data <folder> --out <file> [--backbone <name>] [--k <n>] [flags]'],
  schema,
  words: { min: 0, max: 0, what: 'flags only; pass the image folder with --data' },
  examples: [
    {
      line: 'stego neighbors --data ./photos --out photos.safetensors',
      doc: 'Compute neighbors once for several runs on the same images.',
    },
    {
      line: 'stego neighbors --data photos --backbone dino-vits8 --out nns_vit_small_photos_train_None_224.npz',
      doc: 'For the original code.',
    },
  ],
  interruptible: true,
  showsProgress: true,
  run: neighbors,
}

async function neighbors(given: Given, { terminal, signal }: CommandContext): Promise<void> {
  const { json, out, ...options } = parseOptions(schema, given.values, 'stego neighbors', FLAG_WORDING)
  checkNeighborFile(out)
  const { computeNeighbors } = await import('../neighbors/compute.js')
  const status = openStatus(terminal.stderr)
  const onProgress = (progress: FeatureStoreProgress) => status.show(featureStoreReport(progress))
  try {
    const found = await computeNeighbors({ ...options, onProgress, signal })
    await writeNeighbors(out, found)
    status.stop()
    for (const line of leftOutLines(found)) terminal.note(line)
    const { similarities, recall, device } = found
    const meanSimilarity = similarities.reduce((sum, value) => sum + value, 0) / similarities.length
    const result: Result = { file: out, images: found.count, k: found.k, meanSimilarity, recall, device }
    terminal.print(json ? JSON.stringify(result) : summary(result, given.values))
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
  device: string
}

function summary(
  { file, images, k, meanSimilarity, recall }: Result,
  { out: _, ...values }: Given['values'],
): string {
  // In training, `off` would mean to recompute features at every step.
  const { mode, ...store } = (values.featureStore ?? {}) as { mode?: string }
  const featureStore = mode === 'disk' ? { ...store, mode } : store
  const found = `${k} for each of ${count(images, 'image')}, mean similarity ${significant(meanSimilarity)}`
  return [
    `neighbors: ${found}${recallWords(recall)}`,
    `file: ${file}`,
    `next: ${trainCommandLine({ ...values, featureStore, neighborFile: file })}`,
  ].join('\n')
}
