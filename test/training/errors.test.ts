import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import sharp from 'sharp'
import { Stego, StegoError, type StegoErrorCode, type TrainOptions } from '../../lib/index.js'
import { makeDataset, SMALL, temporaryFolder } from '../support/dataset.js'

/** The run must fail with this code, in one line that names what matters. */
async function fails(
  t: ExecutionContext,
  input: Record<string, unknown>,
  code: StegoErrorCode,
  ...mentions: (string | RegExp)[]
): Promise<void> {
  const error = await t.throwsAsync(async () => Stego.train({ ...SMALL, ...input } as TrainOptions), {
    instanceOf: StegoError,
  })
  t.is((error as StegoError).code, code)
  for (const mention of mentions) {
    t.true(
      typeof mention === 'string' ? error!.message.includes(mention) : mention.test(error!.message),
      `${error!.message} should mention ${mention}`,
    )
  }
}

test('missing folder', async (t) => {
  const folder = join(await temporaryFolder(t), 'photos')
  await fails(t, { data: folder }, 'ERR_STEGO_DATA_MISSING', folder)
})

test('empty folder', async (t) => {
  const data = await temporaryFolder(t)
  await fails(t, { data }, 'ERR_STEGO_DATA_EMPTY', data, 'jpg')
})

test('one image', async (t) => {
  const data = await makeDataset(t, { train: 1 })
  await fails(t, { data }, 'ERR_STEGO_DATA_EMPTY', 'at least two images')
})

test('unreadable image', async (t) => {
  const data = await makeDataset(t, { train: 3, labeled: 0 })
  await writeFile(join(data, 'imgs', 'train', '01.png'), 'not an image')
  await fails(t, { data }, 'ERR_STEGO_IMAGE', '01.png')
})

test('label without image', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const labels = join(data, 'labels', 'train')
  await copyFile(join(labels, '00.png'), join(labels, 'stray.png'))
  await fails(t, { data }, 'ERR_STEGO_DATA_LAYOUT', 'stray')
})

test('label of another size', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const label = join(data, 'labels', 'train', '02.png')
  await writeFile(
    label,
    await sharp(await readFile(label))
      .resize(32, 24, { kernel: 'nearest' })
      .png()
      .toBuffer(),
  )
  await fails(t, { data }, 'ERR_STEGO_LABEL_SIZE', '32', '64', '02')
})

test('misspelled option', async (t) => {
  await t.throwsAsync(Stego.train({ ...SMALL, data: '.', bacth: 3 } as unknown as TrainOptions), {
    code: 'ERR_STEGO_OPTION',
    message: /bacth.*batch/s,
  })
})

test('unknown backbone', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  await fails(t, { data, backbone: 'startr' }, 'ERR_STEGO_BACKBONE', 'startr', 'starter')
})

test('a weight file that is no backbone', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const file = join(data, 'weights.safetensors')
  await writeFile(file, 'nonsense that is longer than eight bytes')
  await fails(t, { data, backbone: file }, 'ERR_STEGO_CHECKPOINT', file)
  const other = new URL('../golden/stego/knn.safetensors', import.meta.url)
  await copyFile(other, file)
  await fails(t, { data, backbone: file }, 'ERR_STEGO_BACKBONE', 'patch_embed')
})

test('a size that is no multiple of the patch', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  await fails(t, { data, resolution: 33 }, 'ERR_STEGO_SIZE', '33', 'patch of 8', '32')
})

for (const classes of [0, 1, 256, 2.5, Number.NaN, '8']) {
  test(`class count ${JSON.stringify(classes)}`, async (t) => {
    await t.throwsAsync(Stego.train({ data: '.', classes } as unknown as TrainOptions), {
      code: 'ERR_STEGO_OPTION',
      message: /classes.*2.*255/s,
    })
  })
}

test('a run folder in use is left alone', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const out = join(await temporaryFolder(t), 'run')
  await Stego.train({ ...SMALL, steps: 1, data, out })
  const before = await readFile(join(out, 'events.jsonl'))
  await fails(t, { data, out }, 'ERR_STEGO_RUN', out, 'resume')
  t.deepEqual(await readFile(join(out, 'events.jsonl')), before)
  const other = await temporaryFolder(t)
  await writeFile(join(other, 'thesis.txt'), 'precious')
  await fails(t, { data, out: other }, 'ERR_STEGO_RUN', other)
})

test('resume of what is no run', async (t) => {
  const folder = await temporaryFolder(t)
  await t.throwsAsync(async () => Stego.train({ resume: folder }), { code: 'ERR_STEGO_RUN' })
  await t.throwsAsync(async () => Stego.train({ resume: join(folder, 'x') }), {
    code: 'ERR_STEGO_DATA_MISSING',
  })
})

test('resume on other images', async (t) => {
  const data = await makeDataset(t, { train: 3 })
  const out = join(await temporaryFolder(t), 'run')
  await Stego.train({ ...SMALL, steps: 1, data, out })
  await copyFile(join(data, 'imgs', 'train', '00.png'), join(data, 'imgs', 'train', '99.png'))
  await t.throwsAsync(async () => Stego.train({ resume: out, steps: 2 }), {
    code: 'ERR_STEGO_RUN',
    message: /3 images.*4/s,
  })
})

test('corrupt checkpoints', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const out = join(await temporaryFolder(t), 'run')
  await Stego.train({ ...SMALL, steps: 1, data, out })
  const good = await readFile(join(out, 'checkpoints', 'last.safetensors'))
  const file = join(out, 'bad.safetensors')
  const bad: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    truncated: good.subarray(0, good.length - 1),
    'cut header': good.subarray(0, 100),
    'longer than it says': Buffer.concat([good, Buffer.alloc(3)]),
    'huge header': Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), good.subarray(8)]),
    'broken JSON': Buffer.from(
      good.toString('latin1').replace('{"__metadata__"', '["__metadata__"'),
      'latin1',
    ),
    'missing tensor': Buffer.from(
      good
        .toString('latin1')
        .replace('"kmeans.centers"', '"kmeans.centers"')
        .replace('cluster_probe.clusters', 'cluster_probe.clusterz'),
      'latin1',
    ),
    'mangled description': Buffer.from(
      good.toString('latin1').replace('\\"step\\":1', '\\"stop\\":1'),
      'latin1',
    ),
  }
  for (const [name, bytes] of Object.entries(bad)) {
    await writeFile(file, bytes)
    await t.throwsAsync(Stego.load(file), { code: 'ERR_STEGO_CHECKPOINT' }, name)
  }
  await t.throwsAsync(Stego.load(join(data, 'imgs', 'train', '00.png')), { code: 'ERR_STEGO_CHECKPOINT' })
  const backbone = new URL('../../weights/starter-vit-tiny8.safetensors', import.meta.url)
  await t.throwsAsync(Stego.load(backbone), { code: 'ERR_STEGO_CHECKPOINT', message: /backbone/ })
})

test('a run folder that cannot be made', async (t) => {
  const data = await makeDataset(t, { train: 2 })
  const file = join(data, 'file')
  await writeFile(file, '')
  await mkdir(join(data, 'other'))
  await fails(t, { data, out: join(file, 'run') }, 'ERR_STEGO_FILE', file)
})
