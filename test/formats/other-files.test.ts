import { gzipSync } from 'node:zlib'
import test from 'ava'
import { decodeTensorFile } from '../../lib/formats/read-tensor-file.js'
import { packZip } from './numpy-writer.js'

const text = (content: string) => Buffer.from(content)
const bytes = (content: string, length = 600) =>
  Buffer.concat([Buffer.from(content, 'latin1'), Buffer.alloc(length, 7)])
const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0d'.repeat(32)}\nsize 19332096\n`
const tar = bytes('weights/model.pth\0')
tar.write('ustar', 257)
const bitmap = bytes('BM????')
bitmap.writeUInt32LE(bitmap.length, 2)

const OTHERS: Record<string, [content: Buffer, message: RegExp]> = {
  'a Git LFS pointer': [text(LFS), /is a Git LFS pointer of a file of 19332096 bytes.*`git lfs pull`/],
  'a git-annex pointer': [text('/annex/objects/SHA256E-s1--ab.pth\n'), /git-annex pointer.*`git annex get`/],
  'a web page': [
    text('\ufeff\n<!DOCTYPE html><html><title> Virus\nscan </title>'),
    /is a web page \("Virus"\).*download the file itself/,
  ],
  'a page in capitals': [text('<HTML><BODY>'), /is a web page, /],
  'the answer of a server': [text('<?xml version="1.0"?><Error/>'), /is XML, such as the error/],
  JSON: [text('{\n  "model_type": "vit"\n}'), /is JSON\. Name the weight file, or the folder/],
  'JSON with a brace where a header has one': [text('{"modl":{"a":1}}'), /is JSON/],
  text: [text('404: Not Found'), /is text of 14 bytes, which begins "404: Not Found"/],
  nothing: [Buffer.alloc(0), /is empty\. Download or write it again/],
  zeros: [Buffer.alloc(5000), /zeros.*interrupted download/],
  gzip: [gzipSync(bytes('x')), /is a gzip archive\. Unpack it first/],
  xz: [bytes('\xfd7zXZ\0'), /is an xz archive\. Unpack it first/],
  bzip2: [bytes('BZh91AY'), /is a bzip2 archive\. Unpack it first/],
  Zstandard: [bytes('\x28\xb5\x2f\xfd'), /is a Zstandard archive\. Unpack it first/],
  tar: [tar, /is a tar archive\. Unpack it first/],
  HDF5: [bytes('\x89HDF\r\n\x1a\n'), /is an HDF5 file, as Keras.*\.safetensors/],
  NumPy: [bytes('\x93NUMPY\x01\0'), /is a NumPy array/],
  GGUF: [bytes('GGUF\x03\0\0\0'), /is a GGUF file/],
  ONNX: [bytes('\x08\x07\x12\x07pytorch'), /is an ONNX or TensorFlow graph/],
  'TensorFlow Lite': [bytes('\x1c\0\0\0TFL3'), /is a TensorFlow Lite model/],
  Flax: [bytes('\x82\xaaembeddings'), /is a Flax file \(msgpack\)/],
  PNG: [bytes('\x89PNG\r\n\x1a\n'), /is a PNG image\. Name the weight file instead/],
  JPEG: [bytes('\xff\xd8\xff\xe0'), /is a JPEG image/],
  BMP: [bitmap, /is a BMP image/],
}

for (const [what, [content, message]] of Object.entries(OTHERS)) {
  test(`named as what it is: ${what}`, async (t) => {
    const error = await t.throwsAsync(decodeTensorFile(content, 'w.pth'), {
      code: 'ERR_STEGO_CHECKPOINT',
      message,
    })
    t.regex(error.message, /^Expected a weight file \(safetensors or PyTorch\), but w\.pth (is|holds) /)
  })
}

test('zip archives are named by what is in them', async (t) => {
  const zip = (...names: string[]) =>
    packZip(
      names.map((name) => ({ name, bytes: Buffer.from('x') })),
      false,
    )
  const cases: [Buffer, RegExp][] = [
    [
      await zip('vit/config.json', 'vit/model.safetensors'),
      /is a zip archive of "vit\/model\.safetensors"\. Unpack/,
    ],
    [await zip('a.npy', 'b.npy'), /is a NumPy archive/],
    [await zip('metadata.json', 'config.json', 'model.weights.h5'), /is a Keras model/],
    [(await zip('m/data.pkl')).subarray(0, 40), /it ends early, as after an interrupted download/],
  ]
  for (const [content, message] of cases) {
    await t.throwsAsync(decodeTensorFile(content, 'w.zip'), { code: 'ERR_STEGO_CHECKPOINT', message })
  }
})

test('what is missing from a file that ends early is counted', async (t) => {
  const header = '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const whole = Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)])
  const cut = (bytes: number) => decodeTensorFile(whole.subarray(0, bytes), 'cut.safetensors')
  t.is((await cut(whole.length)).tensors.length, 1)
  await t.throwsAsync(cut(whole.length - 3), { message: /ends early: 3 of 65 bytes are missing/ })
  await t.throwsAsync(cut(20), { message: /ends early: its header.*at least 41 bytes are missing/ })
})
