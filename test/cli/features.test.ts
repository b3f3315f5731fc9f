/** The command for feature stores. */
import { join } from 'node:path'
import test from 'ava'
import { featuresCommand } from '../../lib/cli/features.js'
import { readFlags } from '../../lib/options/flags.js'
import { makeDataset, temporaryFolder } from '../support/dataset.js'
import { fakeApi } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

async function features(...args: string[]): Promise<{ out: string; err: string }> {
  const { terminal, stdout, stderr } = recordingTerminal()
  const signal = new AbortController().signal
  const given = readFlags(featuresCommand.schema, args, 'stego features')
  await featuresCommand.run(given, { terminal, signal, cwd: '/', api: fakeApi({}) })
  return { out: stdout(), err: stderr() }
}

test('build says size and place first, then what to do; list and remove know the store', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const folder = join(await temporaryFolder(t), 'stores')
  const place = ['--feature-store.folder', folder]
  const size = ['--data', data, '--backbone', 'starter', '--resolution', '32', '--position', 'keep']
  t.is((await features('list', ...place)).out.trim(), 'no feature stores')
  const built = await features('build', ...size, ...place)
  t.regex(built.err, /^features: 3 images, 20\.3 KiB, .*\.features\n/)
  t.regex(
    built.out,
    /\.features: 3 images, 3 newly computed, 20\.3 KiB\nnext: stego train --data .* --backbone starter .*--resolution 32 .*--feature-store\.mode disk --feature-store\.folder /,
  )
  const listed = await features('list', ...place)
  t.regex(listed.out, /^[0-9a-f]{16}: 3 of 3 images, .* starter at 32, float16, from /)
  const [store] = JSON.parse((await features('list', '--json', ...place)).out)
  t.like(store, { images: 3, done: 3 })
  t.regex((await features('remove', store.name, ...place)).out, /^removed [0-9a-f]{16}: 3 of 3 images/)
  t.is((await features('list', ...place)).out.trim(), 'no feature stores')
})

test('build tells how much of the features is place before it takes room', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const folder = join(await temporaryFolder(t), 'stores')
  const size = ['--data', data, '--backbone', 'starter', '--resolution', '32', '--position', 'remove']
  const { err } = await features('build', ...size, '--feature-store.folder', folder)
  t.regex(err, /^position: .* removed as requested\nfeatures: 3 images/)
})

test('what it cannot do is answered with what it can', async (t) => {
  const refused = (message: RegExp, ...args: string[]) =>
    t.throwsAsync(features(...args), { code: 'ERR_STEGO_OPTION', message })
  await refused(/got buidl\. Did you mean build\?/, 'buidl')
  await refused(/Pass the image folder with --data/, 'build', 'photos')
  await refused(/expected store names or --all/, 'remove')
  await refused(/--data/, 'build')
  await refused(/--data/, 'list', '--data', 'photos')
})
