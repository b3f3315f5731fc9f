/** `stego features` */
import { z } from 'zod'
import { leftOutLines } from '../datasets/unused.js'
import { StegoError } from '../errors.js'
import { buildSchema } from '../features/options.js'
import type { FeatureStoreProgress } from '../features/progress.js'
import type { FeatureStoreInfo } from '../features/stores.js'
import { formatBytes } from '../options/bytes.js'
import { FLAG_WORDING, type Given, jsonOption } from '../options/flags.js'
import { nearest } from '../options/nearest.js'
import { parseOptions } from '../options/parse.js'
import { option } from '../options/schema.js'
import { count } from '../output/words.js'
import { featureStoreReport } from '../progress/feature-store.js'
import { openStatus } from '../progress/status.js'
import type { Command, CommandContext } from './command.js'
import { Interrupted } from './interrupt.js'
import { trainCommandLine } from './train-command.js'

const ACTIONS = ['build', 'list', 'remove'] as const
type Action = (typeof ACTIONS)[number]

const { onProgress: _, signal: __, ...flags } = buildSchema.shape
const others = {
  all: option(z.boolean().optional(), { group: 'Common', doc: 'Remove every store.' }),
  json: jsonOption('Print the store or stores as JSON.'),
}
const buildFlags = z.strictObject({ ...flags, json: others.json })
const storeFlags = z.strictObject({
  featureStore: flags.featureStore.unwrap().pick({ folder: true }).prefault({}),
  ...others,
})

export const featuresCommand: Command = {
  usage: [
    'features build --data <folder> [--backbone <name>] [flags]',
    'features list [--json]',
    'features remove <name>... | --all',
  ],
  schema: z.strictObject({ ...flags, data: flags.data.optional(), ...others }),
  words: { min: 1, max: Number.POSITIVE_INFINITY, what: `an action (${ACTIONS.join(', ')})` },
  examples: [
    {
      line: 'stego features build --data ./photos',
      doc: 'Compute features once for several runs on the same images.',
    },
    { line: 'stego train --data ./photos --feature-store.mode disk', doc: 'Train with the stored features.' },
    { line: 'stego features remove --all', doc: 'Free the disk space.' },
  ],
  interruptible: true,
  showsProgress: true,
  run: features,
}

async function features({ words, values }: Given, context: CommandContext): Promise<void> {
  const [action, ...names] = words
  if (!isAction(action)) {
    const meant = nearest(action!, [...ACTIONS])
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `stego features: expected ${ACTIONS.join(', ')}, got ${action}.${meant ? ` Did you mean ${meant}?` : ''}`,
    )
  }
  if (action !== 'remove' && names.length > 0) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      `stego features ${action}: expected flags only, got ${names.join(' ')}. ` +
        (action === 'build' ? 'Pass the image folder with --data.' : 'It always lists all stores.'),
    )
  }
  if (action === 'build') return build(values, context)
  const { json, all, featureStore } = parseOptions(
    storeFlags,
    values,
    `stego features ${action}`,
    FLAG_WORDING,
  )
  const { listFeatureStores, removeFeatureStores } = await import('../features/stores.js')
  if (action === 'remove' && names.length === 0 && !all) {
    throw new StegoError(
      'ERR_STEGO_OPTION',
      'stego features remove: expected store names or --all. Run `stego features list` to see the names.',
    )
  }
  const stores =
    action === 'list'
      ? await listFeatureStores(featureStore)
      : await removeFeatureStores(all ? 'all' : names, featureStore)
  const { print } = context.terminal
  if (json) return print(JSON.stringify(stores))
  if (stores.length === 0) return print('no feature stores')
  const removed = action === 'remove' ? 'removed ' : ''
  print(stores.map((store) => removed + line(store)).join('\n'))
}

async function build(values: Given['values'], { terminal, signal }: CommandContext): Promise<void> {
  const { json, ...options } = parseOptions(buildFlags, values, 'stego features build', FLAG_WORDING)
  const { buildFeatureStore } = await import('../features/build.js')
  const status = openStatus(terminal.stderr)
  let planned = false
  const onProgress = (progress: FeatureStoreProgress) => {
    if (progress.type === 'features' && !planned) {
      const { total, totalBytes, file } = progress
      status.show({ lines: [`features: ${count(total, 'image')}, ${formatBytes(totalBytes)}, ${file}`] })
      planned = true
    }
    status.show(featureStoreReport(progress))
  }
  try {
    const built = await buildFeatureStore({
      ...options,
      onProgress,
      signal,
    })
    status.stop()
    for (const line of leftOutLines(built)) terminal.note(line)
    if (json) return terminal.print(JSON.stringify(built))
    const featureStore = { ...(values.featureStore as object | undefined), mode: 'disk' }
    terminal.print(
      `${built.file}: ${count(built.images, 'image')}, ${built.computed} newly computed, ${formatBytes(built.bytes)}\n` +
        `next: ${trainCommandLine({ ...values, featureStore })}`,
    )
  } catch (error) {
    const asked = error instanceof Interrupted && error === signal.reason
    throw asked ? new Interrupted(error.code, 'stopped; run the same command again to resume') : error
  } finally {
    status.stop()
  }
}

function line({ name, images, done, bytes, description }: FeatureStoreInfo): string {
  if (!description) return `${name}: ${formatBytes(bytes)}, from another version`
  const { backbone, resolution, storeType, data } = description
  return `${name}: ${done} of ${count(images, 'image')}, ${formatBytes(bytes)}, ${backbone} at ${resolution}, ${storeType}, from ${data}`
}

const isAction = (word: string | undefined): word is Action => ACTIONS.some((action) => action === word)
