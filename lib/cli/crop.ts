/** `stego crop` */
import { z } from 'zod'
import { cropSchema } from '../datasets/crop-options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { count, shellWord } from '../output/words.js'
import { openStatus } from '../progress/status.js'
import type { Command, Surroundings } from './command.js'
import { Interrupted } from './interrupt.js'

const { signal: _, onProgress: __, ...flags } = cropSchema.shape
const schema = z.strictObject({
  ...flags,
  json: jsonOption('Print the folder and what is in each split as one JSON object.'),
})

export const cropCommand: Command = {
  usage: ['crop --data <folder> --out <folder> [flags]'],
  schema,
  words: { min: 0, max: 0, what: 'flags only; the folder of images goes after --data' },
  examples: [
    {
      line: 'stego crop --data pytorch-data --dataset cityscapes --out pytorch-data',
      doc: 'The official crops of Cityscapes, train and val.',
    },
    {
      line: 'stego crop --data ./photos --crops random --crop-ratio 0.7 --out crops',
      doc: 'Crops of your own images at places of their own.',
    },
  ],
  interruptible: true,
  run: crop,
}

async function crop({ values }: Given, { terminal, signal }: Surroundings): Promise<void> {
  const { json, ...options } = parseOptions(schema, values, 'stego crop', FLAG_WORDING)
  const { cropDataset } = await import('../datasets/crop-dataset.js')
  const status = openStatus(terminal.stderr)
  const onProgress = ({ split, done, total }: { split: string; done: number; total: number }) =>
    status.show({ lines: [], status: { phase: `crops of ${split}`, done, total, details: '' } })
  try {
    const result = await cropDataset({ ...options, signal, onProgress })
    status.stop()
    if (json) return terminal.print(JSON.stringify(result))
    for (const { name, pictures, crops, written } of result.splits) {
      const kept = written < crops ? `, ${crops - written} of them there already` : ''
      terminal.print(`${name}: ${count(crops, 'crop')} of ${count(pictures, 'image')}${kept}`)
    }
    terminal.print(`next: stego train --data ${shellWord(result.folder)} --dataset cropped`)
  } catch (error) {
    const asked = error instanceof Interrupted && error === signal.reason
    throw asked ? new Interrupted(error.code, 'stopped; the same command goes on with the rest') : error
  } finally {
    status.stop()
  }
}
