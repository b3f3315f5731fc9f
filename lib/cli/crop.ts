/** `stego crop` */
import { z } from 'zod'
import { cropSchema } from '../datasets/crop-options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { count, shellWord } from '../output/words.js'
import { openStatus } from '../progress/status.js'
import type { Command, CommandContext } from './command.js'
import { Interrupted } from './interrupt.js'

const { signal: _, onProgress: __, ...flags } = cropSchema.shape
const schema = z.strictObject({
  ...flags,
  json: jsonOption('Print the folder and the contents of each split as one JSON object.'),
})

export const cropCommand: Command = {
  usage: ['crop --data <folder> --out <folder> [flags]'],
  schema,
  words: { min: 0, max: 0, what: 'flags only; pass the image folder with --data' },
  examples: [
    {
      line: 'stego crop --data pytorch-data --dataset cityscapes --out pytorch-data',
      doc: 'The official Cityscapes crops, train and val.',
    },
    {
      line: 'stego crop --data ./photos --crops random --crop-ratio 0.7 --out crops',
      doc: 'Random crops of your own images.',
    },
  ],
  interruptible: true,
  showsProgress: true,
  run: crop,
}

async function crop({ values }: Given, { terminal, signal }: CommandContext): Promise<void> {
  const { json, ...options } = parseOptions(schema, values, 'stego crop', FLAG_WORDING)
  const { cropDataset } = await import('../datasets/crop-dataset.js')
  const status = openStatus(terminal.stderr)
  const onProgress = ({ split, done, total }: { split: string; done: number; total: number }) =>
    status.show({ lines: [], status: { phase: `cropping ${split}`, done, total, details: '' } })
  try {
    const result = await cropDataset({ ...options, signal, onProgress })
    status.stop()
    if (json) return terminal.print(JSON.stringify(result))
    for (const { name, pictures, crops, written } of result.splits) {
      const kept = written < crops ? `, ${crops - written} already written` : ''
      terminal.print(`${name}: ${count(crops, 'crop')} from ${count(pictures, 'image')}${kept}`)
    }
    terminal.print(`next: stego train --data ${shellWord(result.folder)} --dataset cropped`)
  } catch (error) {
    const asked = error instanceof Interrupted && error === signal.reason
    throw asked ? new Interrupted(error.code, 'stopped; run the same command again to resume') : error
  } finally {
    status.stop()
  }
}
