/** `stego convert` */
import { z } from 'zod'
import { FLAG_WORDING, type Given } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { count } from '../output/words.js'
import type { Command, Surroundings } from './command.js'
import { jsonOption } from './json.js'

const schema = z.strictObject({
  json: jsonOption('Print what was converted as one JSON object.'),
})

export const convertCommand: Command = {
  usage: ['convert <file or run> <file> [--json]'],
  schema,
  words: { min: 2, max: 2, what: 'a weight file or a run folder, then the file to write' },
  examples: [
    {
      line: 'stego convert cocostuff27_vit_base_5.ckpt cocostuff.safetensors',
      doc: 'An official checkpoint as a model of this package.',
    },
    {
      line: 'stego convert runs/photos photos.pth',
      doc: 'A run for PyTorch: torch.load(..., weights_only=True).',
    },
    { line: 'stego convert dino_vits8.pth dino_vits8.safetensors', doc: 'A backbone for train --backbone.' },
  ],
  interruptible: false,
  run: convert,
}

async function convert(given: Given, { terminal }: Surroundings): Promise<void> {
  const { json } = parseOptions(schema, given.values, 'stego convert', FLAG_WORDING)
  const [from, to] = given.words as [string, string]
  const { convertWeights } = await import('../weights/convert.js')
  const conversion = await convertWeights(from, to)
  const { kind, layout, tensors } = conversion
  const names = layout === 'stego' ? '' : `, from ${layout} names`
  terminal.print(
    json ? JSON.stringify(conversion) : `${to}: a ${kind} of ${count(tensors, 'tensor')}${names}`,
  )
}
