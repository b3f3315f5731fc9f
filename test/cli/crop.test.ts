import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { cropCommand } from '../../lib/cli/crop.js'
import { commandHelp } from '../../lib/cli/help.js'
import { Interrupted } from '../../lib/cli/interrupt.js'
import { readFlags } from '../../lib/options/flags.js'
import { makeDataset } from '../support/dataset.js'
import { fakeApi } from './fixtures/api.js'
import { recordingTerminal } from './fixtures/terminal.js'

async function crop(args: string[], signal = new AbortController().signal) {
  const { terminal, stdout } = recordingTerminal()
  const given = readFlags(cropCommand.schema, args, 'stego crop')
  await cropCommand.run(given, { terminal, api: fakeApi({}), cwd: '.', signal })
  return stdout()
}

test('crop writes train and val, says how many, and what to do next', async (t) => {
  const data = await makeDataset(t, { train: 2, val: 1, width: 16, height: 12 })
  const flags = ['--data', data, '--out', data, '--crop-ratio', '.7', '--crops', 'random']
  const stdout = await crop(flags)
  t.regex(stdout, /^train: 10 crops from 2 images\nval: 5 crops from 1 image\n/)
  t.regex(stdout, /next: stego train --data .*_random_crop_0\.7 --dataset cropped\n$/)
  const [folder] = await readdir(join(data, 'cropped'))
  t.is((await readdir(join(data, 'cropped', folder!, 'img/train'))).length, 10)
  t.regex(await crop(flags), /^train: 10 crops from 2 images, 10 already written\n/)
})

test('crop --json prints the result as one object', async (t) => {
  const data = await makeDataset(t, { train: 2, width: 16, height: 12 })
  const result = JSON.parse(await crop(['--data', data, '--out', data, '--split', 'train', '--json']))
  t.deepEqual(result.splits, [{ name: 'train', pictures: 2, crops: 10, written: 10 }])
})

test('when stopped, it says to run the same command again', async (t) => {
  const data = await makeDataset(t, { train: 2, width: 16, height: 12 })
  const stopped = AbortSignal.abort(new Interrupted('SIGINT'))
  const error = await t.throwsAsync(crop(['--data', data, '--out', data], stopped))
  t.is((error as Interrupted).code, 'SIGINT')
  t.regex(error.message, /run the same command again/)
})

test('wrong flags are blamed as flags', async (t) => {
  await t.throwsAsync(crop(['--data', 'x']), { code: 'ERR_STEGO_OPTION', message: /--out is missing/ })
  await t.throwsAsync(crop(['--data', 'x', '--out', 'y', '--crops', 'six']), {
    message: /--crops must be "five" or "random", got "six"/,
  })
})

test('the help shows every flag with its default', (t) => {
  const help = commandHelp({ purpose: 'Crops.' }, cropCommand, 100)
  for (const words of [
    /--crops <five\|random>/,
    /\(default: five\)/,
    /--crop-ratio <x>/,
    /\(default: 0\.5\)/,
    /--class-map <file>/,
  ]) {
    t.regex(help, words)
  }
})
