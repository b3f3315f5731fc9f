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
  setup: option(z.enum(['cuda']).nullable().default(null), {
    group: 'Common',
    whenAbsent: 'check the installation',
    doc: 'Instead of checking, set up libtorch and the NVIDIA libraries for computing on a GPU (linux-x64).',
  }),
  json: jsonOption('Print the report, or what was set up, as one JSON object.'),
})

export const doctorCommand: Command = {
  usage: ['doctor [--no-self-test] [--libtorch <folder>] [--json]', 'doctor --setup cuda [--json]'],
  schema,
  words: { min: 0, max: 0, what: 'flags only' },
  examples: [
    { line: 'stego doctor', doc: 'Check the installation; include the output in bug reports.' },
    { line: 'stego doctor --libtorch ./libtorch', doc: 'Check whether your own libtorch works.' },
    {
      line: 'stego doctor --setup cuda',
      doc: 'Fetch libtorch for CUDA; an interrupted setup continues where it stopped.',
    },
  ],
  interruptible: true,
  showsProgress: true,
  run: doctor,
}

async function doctor(given: Given, context: CommandContext): Promise<void> {
  const { terminal, cwd, signal } = context
  const { json, libtorch, selfTest, setup } = parseOptions(schema, given.values, 'stego doctor', FLAG_WORDING)
  if (setup === 'cuda') return (await import('./setup-cuda.js')).runCudaSetup(context, json ?? false)
  const { diagnose } = await import('../doctor/diagnose.js')
  const status = openStatus(terminal.stderr)
  const report = await diagnose({
    selfTest,
    signal,
    libtorch: libtorch === null ? undefined : resolve(cwd, libtorch),
    onCheck: (done, total, name) =>
      status.show({ lines: [], status: { phase: 'self-test', done, total, details: name } }),
  }).finally(() => status.stop())
  signal.throwIfAborted()
  if (json) terminal.print(JSON.stringify(report))
  else terminal.print((await import('../doctor/describe.js')).describeReport(report))
  if (!report.ok) throw new ReportedFailure()
}
