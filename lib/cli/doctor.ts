/** `stego doctor` */
import { resolve } from 'node:path'
import { z } from 'zod'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { parseOptions } from '../options/parse.js'
import { option, path } from '../options/schema.js'
import { openStatus } from '../progress/status.js'
import type { Command, CommandContext } from './command.js'
import { ReportedFailure } from './failure.js'

const schema = z.strictObject({
  selfTest: option(z.boolean().default(true), {
    group: 'Common',
    doc: 'Compare results with recordings of the official implementation; takes a few seconds.',
  }),
  libtorch: option(path().nullable().default(null), {
    group: 'Common',
    value: 'folder',
    expected: 'a folder',
    whenAbsent: 'STEGO_LIBTORCH, or else the packaged one',
    doc: 'Use this libtorch, as STEGO_LIBTORCH does for every command.',
  }),
  json: jsonOption('Print the report as one JSON object.'),
})

export const doctorCommand: Command = {
  usage: ['doctor [--no-self-test] [--libtorch <folder>] [--json]'],
  schema,
  words: { min: 0, max: 0, what: 'flags only' },
  examples: [
    { line: 'stego doctor', doc: 'Check the installation; include the output in bug reports.' },
    { line: 'stego doctor --libtorch ./libtorch', doc: 'Check whether your own libtorch works.' },
  ],
  interruptible: false,
  showsProgress: true,
  run: doctor,
}

async function doctor(given: Given, { terminal, cwd }: CommandContext): Promise<void> {
  const { json, libtorch, selfTest } = parseOptions(schema, given.values, 'stego doctor', FLAG_WORDING)
  const { diagnose } = await import('../doctor/diagnose.js')
  const status = openStatus(terminal.stderr)
  const report = await diagnose({
    selfTest,
    libtorch: libtorch === null ? undefined : resolve(cwd, libtorch),
    onCheck: (done, total, name) =>
      status.show({ lines: [], status: { phase: 'self-test', done, total, details: name } }),
  }).finally(() => status.stop())
  if (json) terminal.print(JSON.stringify(report))
  else terminal.print((await import('../doctor/describe.js')).describeReport(report))
  if (!report.ok) throw new ReportedFailure()
}
