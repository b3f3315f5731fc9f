/** `stego demo` */
import { z } from 'zod'
import { trainSchema } from '../method/train-options.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import { reporter } from '../progress/reporter.js'
import { openStatus } from '../progress/status.js'
import { freeRunFolder } from '../training/run-folder.js'
import type { Command, CommandContext } from './command.js'

const schema = z.strictObject({
  classes: option(z.int().min(2).max(255).nullable().default(null), {
    group: 'Common',
    whenAbsent: '8',
    doc: 'Number of clusters to find.',
  }),
  seed: trainSchema.shape.seed,
  out: option(path().nullable().default(null), {
    group: 'Common',
    value: 'folder',
    expected: 'a folder',
    whenAbsent: 'runs/demo',
    doc: 'Output folder.',
  }),
  json: jsonOption('Print the result as one JSON object.'),
})

export const demoCommand: Command = {
  usage: ['demo [folder] [flags]'],
  schema,
  words: { min: 0, max: 1, what: 'at most one folder of images' },
  examples: [
    { line: 'stego demo', doc: 'Train on generated scenes.' },
    { line: 'stego demo ./photos --classes 6', doc: 'Train on your own images.' },
  ],
  interruptible: true,
  showsProgress: true,
  run: demo,
}

async function demo(given: Given, { terminal, signal, cwd, api }: CommandContext): Promise<void> {
  const { json, out, ...options } = parseOptions(schema, given.values, 'stego demo', FLAG_WORDING)
  const folder = given.words[0] ?? null
  const status = openStatus(terminal.stderr)
  const report = reporter()
  try {
    const result = await api.runDemo(
      { ...options, folder, out: out ?? freeRunFolder(cwd, 'demo'), signal },
      terminal.note,
      (event) => status.show(report(event)),
    )
    status.stop()
    const { describeDemo } = await import('../demo.js')
    terminal.print(json ? JSON.stringify(result) : describeDemo(result))
  } finally {
    status.stop()
  }
}
