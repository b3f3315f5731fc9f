import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { listFolderSplits, openFolder } from '../../lib/datasets/folder.js'
import { listAsOutputs } from '../../lib/datasets/outputs.js'
import { fails } from './tree.js'

/** A temporary folder with these empty files; names that end in '/' are folders. */
async function folder(t: ExecutionContext, files: string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stego-folder-'))
  t.teardown(() => rm(root, { recursive: true }))
  for (const file of files) {
    const path = join(root, file)
    await mkdir(file.endsWith('/') ? path : dirname(path), { recursive: true })
    if (!file.endsWith('/')) await writeFile(path, '')
  }
  return root
}

const names = (split: { items: { name: string }[] }) => split.items.map(({ name }) => name)

test('a flat folder is the unlabeled split train', async (t) => {
  const root = await folder(t, ['b.JPG', 'a.png', 'c.webp', 'notes.txt', '.hidden.jpg', 'sub/d.jpg', 'e.bmp'])
  const split = await openFolder(root, 'train')
  t.deepEqual(names(split), ['a', 'b', 'c', 'sub/d'])
  t.deepEqual(names(await openFolder(root, 'train', false)), ['a', 'b', 'c'])
  t.is(split.name, 'train')
  t.is(split.labeled, 0)
  t.deepEqual(split.items[1], { name: 'b', image: join(root, 'b.JPG'), label: null })
  t.deepEqual(await listFolderSplits(root), ['train'])
})

test('names sort by code unit, whatever the locale', async (t) => {
  const root = await folder(t, ['b.jpg', 'B.jpg', 'ä.jpg', 'a10.jpg', 'a9.jpg', 'a.jpg'])
  t.deepEqual(names(await openFolder(root, 'train')), ['B', 'a', 'a10', 'a9', 'b', 'ä'])
})

test('files of systems, cameras, tools and stego itself are passed over, in labels too', async (t) => {
  const root = await folder(t, [
    'imgs/train/a.jpg',
    'imgs/train/@eaDir/a.jpg/SYNOFILE_THUMB_M.jpg',
    'imgs/train/__MACOSX/._a.jpg',
    'imgs/train/__MACOSX/a.jpg',
    'imgs/train/._a.jpg',
    'imgs/train/Thumbs.db',
    'imgs/@eaDir/x.jpg',
    'labels/train/a.png',
    'labels/train/Thumbs.db',
    'labels/train/._a.png',
    'labels/@eaDir/a.png',
    'labels/.DS_Store',
  ])
  const split = await openFolder(root, 'train')
  t.deepEqual(names(split), ['a'])
  t.is(split.labeled, 1)
  t.deepEqual(split.unused, [])
})

test('a link to a folder above ends, and a folder is listed once', async (t) => {
  const root = await folder(t, ['a.jpg', 'sub/b.jpg'])
  await symlink(root, join(root, 'sub', 'loop'))
  await symlink(join(root, 'sub'), join(root, 'twin'))
  t.is((await openFolder(root, 'train')).items.length, 2)
})

test('runs, listed outputs and folders of labels are no images; the last are told', async (t) => {
  const root = await folder(t, [
    'a.jpg',
    'a.overlay.png',
    'runs/x/checkpoints/last.safetensors',
    'runs/x/config.yaml',
    'runs/x/report/contact-sheet.png',
    'masks/a.png',
    'classes.txt',
    'x.heic',
    'y.HEIC',
  ])
  await listAsOutputs([join(root, 'a.overlay.png')])
  const split = await openFolder(root, 'train')
  t.deepEqual(names(split), ['a'])
  t.deepEqual(
    split.unused.map(({ files, example }) => [files, example]),
    [
      [1, 'masks/a.png'],
      [2, 'x.heic'],
    ],
  )
  t.regex(split.unused[1]!.reason, /heif-convert/)
})

test('images and labels in subfolders are paired by path, in one Unicode form', async (t) => {
  const composed = 'caf\u00e9'
  const decomposed = 'cafe\u0301'
  const root = await folder(t, [
    `imgs/train/${decomposed}/1.jpg`,
    'imgs/train/b/1.jpg',
    `labels/train/${composed}/1.png`,
  ])
  const { items } = await openFolder(root, 'train')
  t.deepEqual(
    items.map(({ label }) => label !== null),
    [false, true],
  )
  const twins = await folder(t, [
    `imgs/train/${decomposed}.jpg`,
    `imgs/train/${composed}.jpg`,
    `labels/train/${composed}.png`,
  ])
  await fails(t, openFolder(twins, 'train'), 'ERR_STEGO_DATA_LAYOUT', /look alike.*Unicode/)
})

test('names that look alike are told apart', async (t) => {
  const root = await folder(t, ['imgs/train/a\u2013b.jpg', 'labels/train/a-b.png'])
  await fails(
    t,
    openFolder(root, 'train'),
    'ERR_STEGO_DATA_LAYOUT',
    /U\+002D in one and U\+2013 in the other/,
  )
})

test('a file: URL is a folder too', async (t) => {
  const root = await folder(t, ['a.jpg'])
  t.is((await openFolder(pathToFileURL(root), 'train')).items.length, 1)
})

test('labels are paired by name, and only some images may have one', async (t) => {
  const root = await folder(t, [
    'imgs/train/a.jpg',
    'imgs/train/b.jpg',
    'imgs/train/c.x.jpg',
    'imgs/val/v.png',
    'labels/train/c.x.png',
    'labels/train/b.PNG',
  ])
  const train = await openFolder(root, 'train')
  t.deepEqual(
    train.items.map(({ label }) => label),
    [null, join(root, 'labels/train/b.PNG'), join(root, 'labels/train/c.x.png')],
  )
  t.is(train.labeled, 2)
  const val = await openFolder(root, 'val')
  t.deepEqual([names(val), val.labeled], [['v'], 0])
  t.deepEqual(await listFolderSplits(root), ['train', 'val'])
})

test('an empty labels folder means unlabeled', async (t) => {
  const root = await folder(t, ['imgs/train/a.jpg', 'labels/train/'])
  t.is((await openFolder(root, 'train')).labeled, 0)
})

test('links to folders and images are followed, broken ones left out', async (t) => {
  const elsewhere = await folder(t, ['x.jpg'])
  const root = await folder(t, ['imgs/'])
  await symlink(elsewhere, join(root, 'imgs/train'))
  await symlink(join(root, 'nowhere.jpg'), join(elsewhere, 'broken.jpg'))
  t.deepEqual(names(await openFolder(root, 'train')), ['x'])
})

test('a label without an image', async (t) => {
  const root = await folder(t, ['imgs/train/street_01.jpg', 'labels/train/street_1.png'])
  const work = openFolder(root, 'train')
  await fails(t, work, 'ERR_STEGO_DATA_LAYOUT', /street_1\.png/, /"street_01"/, /same name/)
})

test('two images that share a label', async (t) => {
  const root = await folder(t, ['imgs/train/a.jpg', 'imgs/train/a.png', 'labels/train/a.png'])
  await fails(t, openFolder(root, 'train'), 'ERR_STEGO_DATA_LAYOUT', /a\.jpg/, /imgs.train.a\.png/, /Rename/)
})

test('two images of one name without a label are two images', async (t) => {
  const root = await folder(t, [
    'imgs/train/a.jpg',
    'imgs/train/a.png',
    'imgs/train/b.jpg',
    'labels/train/b.png',
  ])
  t.deepEqual(names(await openFolder(root, 'train')), ['a', 'a', 'b'])
})

test('labels that are not PNG', async (t) => {
  const root = await folder(t, ['imgs/train/a.jpg', 'labels/train/a.jpg'])
  await fails(t, openFolder(root, 'train'), 'ERR_STEGO_DATA_LAYOUT', /labels.train.a\.jpg/, /PNG/)
})

test('a labels folder that belongs to no split', async (t) => {
  const root = await folder(t, ['imgs/train/a.jpg', 'labels/training/a.png'])
  await fails(t, openFolder(root, 'train'), 'ERR_STEGO_DATA_LAYOUT', /labels.training/, /train/)
})

test('label maps directly in labels/', async (t) => {
  const root = await folder(t, ['imgs/train/a.jpg', 'labels/a.png'])
  await fails(t, openFolder(root, 'train'), 'ERR_STEGO_DATA_LAYOUT', /a\.png/, /labels.train/)
})

test('images directly in imgs/', async (t) => {
  const root = await folder(t, ['imgs/a.jpg', 'imgs/train/b.jpg'])
  await fails(t, openFolder(root, 'train'), 'ERR_STEGO_DATA_LAYOUT', /a\.jpg/, /Move them to .*imgs.train/)
})

test('a missing folder, with a near name', async (t) => {
  const root = await folder(t, ['photos/a.jpg'])
  const work = openFolder(join(root, 'photo'), 'train')
  await fails(t, work, 'ERR_STEGO_DATA_MISSING', /does not exist/, /Did you mean .*photos\?/)
  await fails(t, openFolder(join(root, 'zzzzzz'), 'train'), 'ERR_STEGO_DATA_MISSING', /Check the path/)
})

test('a file instead of a folder', async (t) => {
  const root = await folder(t, ['a.jpg'])
  await fails(t, openFolder(join(root, 'a.jpg'), 'train'), 'ERR_STEGO_DATA_MISSING', /got the file/)
})

test('an empty folder', async (t) => {
  await fails(t, openFolder(await folder(t, []), 'train'), 'ERR_STEGO_DATA_EMPTY', /jpg, jpeg, .*avif/)
})

test('a folder with other files and subfolders says what it found and what it expects', async (t) => {
  const root = await folder(t, ['a.bmp', 'images/train/a.jpg'])
  const work = openFolder(root, 'train', false)
  await fails(t, work, 'ERR_STEGO_DATA_EMPTY', /bmp/, /subfolders \(images\)/, /imgs\/<split>\//)
})

test('an empty split and an empty imgs/', async (t) => {
  const split = await folder(t, ['imgs/train/'])
  await fails(t, openFolder(split, 'train'), 'ERR_STEGO_DATA_EMPTY', /imgs.train/)
  await fails(t, listFolderSplits(await folder(t, ['imgs/'])), 'ERR_STEGO_DATA_EMPTY', /imgs/)
})

test('an unknown split', async (t) => {
  const root = await folder(t, ['imgs/train/a.jpg', 'imgs/val/b.jpg'])
  await fails(t, openFolder(root, 'vall'), 'ERR_STEGO_DATA_MISSING', /train, val/, /Did you mean "val"\?/)
  await fails(
    t,
    openFolder(await folder(t, ['a.jpg']), 'val'),
    'ERR_STEGO_DATA_MISSING',
    /only split is "train"\. Use that/,
  )
})

test('something that is no path', async (t) => {
  for (const root of [undefined, '', 7, new URL('https://example.org/photos')]) {
    await fails(t, openFolder(root as string, 'train'), 'ERR_STEGO_DATA_MISSING', /path or file: URL/)
  }
})
