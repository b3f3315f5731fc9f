import test from 'ava'
import sharp from 'sharp'
import { decodePngIndices } from '../../lib/formats/png.js'
import { clusterPalette, colorOf } from '../../lib/output/palette.js'
import { encodeIndexPng, encodePalettePng } from '../../lib/output/png.js'

const labels = {
  width: 17,
  height: 9,
  data: Uint8Array.from({ length: 17 * 9 }, (_, i) => (i % 13 === 0 ? 255 : i % 5)),
}

test('an index PNG is gray, its levels the class indices', async (t) => {
  const file = await encodeIndexPng(labels)
  const { data, info } = await sharp(file).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })
  t.deepEqual([info.width, info.height, info.channels], [17, 9, 1])
  t.deepEqual(new Uint8Array(data), labels.data)
  t.deepEqual(await decodePngIndices(file, 'file.png'), labels)
})

test('a palette PNG holds index and color', async (t) => {
  const palette = clusterPalette(5)
  const file = await encodePalettePng(labels, palette)
  t.deepEqual(await decodePngIndices(file, 'file.png'), labels)
  const { isPalette } = await sharp(file).metadata()
  t.true(isPalette)
  const shown = await sharp(file).raw().toBuffer()
  t.deepEqual(
    [...shown],
    [...labels.data].flatMap((label) => [...colorOf(palette, label)]),
  )
})

test('a label map has one byte a pixel', async (t) => {
  const wrong = { ...labels, width: 18 }
  await t.throwsAsync(encodeIndexPng(wrong), { code: 'ERR_STEGO_ARGUMENT', message: /18 x 9.*153 bytes/ })
  const empty = { data: new Uint8Array(0), width: 0, height: 0 }
  await t.throwsAsync(encodePalettePng(empty, []), { code: 'ERR_STEGO_ARGUMENT' })
})
