/** Small data sets on disk, file by file. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import sharp from 'sharp'
import type { StegoErrorCode } from '../../lib/errors.js'
import { temporaryFolder } from '../support/dataset.js'

/** A folder with these files, by their path in it. */
export async function tree(
  t: ExecutionContext,
  files: Record<string, Buffer | string | Promise<Buffer>>,
): Promise<string> {
  const root = await temporaryFolder(t)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), await content)
  }
  return root
}

/** A PNG of one gray sample a pixel, row by row. */
export function grayPng(width: number, values: number[]): Promise<Buffer> {
  return sharp(Uint8Array.from(values), { raw: { width, height: values.length / width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer()
}

/** The same of 16-bit samples. */
export function grayPng16(width: number, values: number[]): Promise<Buffer> {
  return sharp(Uint16Array.from(values), { raw: { width, height: values.length / width, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
}

/** Samples of a picture in which no two pixels are alike: red counts columns, green rows, blue is `blue`. */
export function gradient(width: number, height: number, blue = 0): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return [pixel % width, Math.floor(pixel / width), blue][i % 3]!
  })
}

/** The same picture as PNG, or JPEG. */
export function picture(width: number, height: number, blue = 0, format: 'png' | 'jpeg' = 'png') {
  return sharp(gradient(width, height, blue), { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer()
}

/** Expects a `StegoError` of this code whose message has all patterns. */
export async function fails(
  t: ExecutionContext,
  work: Promise<unknown>,
  code: StegoErrorCode,
  ...patterns: RegExp[]
): Promise<void> {
  const error = await t.throwsAsync(work, { name: 'StegoError', code })
  for (const pattern of patterns) t.regex(error.message, pattern)
}
