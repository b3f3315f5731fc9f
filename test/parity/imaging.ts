/** Resizing, normalizing, and the colors of classes. */
import { checked, job, type Transform } from '../../lib/native/index.js'
import { CITYSCAPES_PALETTE, pascalPalette } from '../../lib/output/palette.js'
import type { Comparison } from './files.js'
import { entry } from './tensors.js'

const FITS = ['center', 'center', 'center', 'squash', 'squash', 'center'] as const

/** Images and label maps to the network's input, and back to bytes. */
export const comparePreprocessing: Comparison = async (golden) => {
  for (const [i, fit] of FITS.entries()) {
    const resolution = Number(golden.long(`res${i}`).data[0])
    const transform: Transform = { resolution, fit, multiple: 1 }
    const image = golden.bytes(`img${i}`)
    const [height, width] = image.shape as [number, number]
    const pixels = { data: image.data, width, height }
    const prepared = entry(await job((native) => native.prepareImages([pixels], transform)), 0)
    golden.expect('mismatches', `out${i}`, prepared)
    golden.expect(
      'mismatches',
      `unnorm_u8_${i}`,
      checked((native) => native.denormalize(prepared)),
    )

    const label = { ...pixels, data: golden.bytes(`lab${i}`).data }
    const resized = await job((native) => native.transformBytes(label, 1, transform))
    golden.expect('mismatches', `outlab${i}`, {
      data: resized.data,
      shape: [1, resized.height, resized.width],
    })
  }
}

/** Sizes from and to that source places were recorded for. */
const SIZES = [
  [1, 5],
  [3, 7],
  [7, 3],
  [100, 320],
  [128, 224],
  [333, 320],
  [360, 224],
  [375, 320],
  [427, 224],
  [480, 298],
  [480, 320],
  [500, 426],
  [512, 320],
  [640, 335],
  [640, 426],
  [1024, 320],
  [1024, 448],
  [2048, 640],
  [2048, 896],
  [2593, 320],
] as const

export const compareNearest: Comparison = async (golden) => {
  for (const [from, to] of SIZES) {
    const places = checked((native) => native.nearestIndices(from, to))
    golden.expect('mismatches', `src_${from}_to_${to}`, { data: places, shape: [places.length] })
  }
}

/** The official Cityscapes colors end in one for void; here void is outside the palette. */
const CITYSCAPES_VOID = [0, 0, 0] as const

export const compareColors: Comparison = async (golden) => {
  const palettes = {
    pascal: pascalPalette(512),
    cityscapes: [...CITYSCAPES_PALETTE, CITYSCAPES_VOID],
  }
  for (const [key, palette] of Object.entries(palettes)) {
    golden.expect('mismatches', key, { data: palette.flat(), shape: [palette.length, 3] })
  }
}
