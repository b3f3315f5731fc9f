import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { StegoError } from '../../lib/errors.js'
import {
  type Architecture,
  fileName,
  findPublished,
  PUBLISHED,
  published,
} from '../../lib/weights/registry.js'
import { ROOT } from '../docs/markdown.js'

test('every name and every file is there once', (t) => {
  for (const values of [PUBLISHED.map(({ name }) => name), PUBLISHED.map(fileName)]) {
    t.is(new Set(values).size, values.length)
  }
})

const DOCS = join(ROOT, 'docs')

/** The names in the first column of a page's tables. */
const documented = (page: string) =>
  [...readFileSync(join(DOCS, `${page}.md`), 'utf8').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name!)

test('the names are those of the documentation', (t) => {
  const named = (kind: string) => PUBLISHED.filter((entry) => entry.kind === kind).map(({ name }) => name)
  t.deepEqual(
    documented('backbones').filter((name) => name.startsWith('dino-')),
    named('backbone'),
  )
  t.deepEqual(
    documented('presets').filter((name) => name.startsWith('stego-')),
    named('model'),
  )
})

test('the default ViT-S/8 is the file that STEGO uses', (t) => {
  t.is(fileName(published('dino-vits8')), 'dino_deitsmall8_300ep_pretrain.pth')
  t.is(fileName(published('dino-vits8-standard')), 'dino_deitsmall8_pretrain.pth')
})

/**
 * Parameters of DINO's ViT for 224 x 224 pixels, without a head
 * (docs/method-constants.md#backbone-and-features).
 */
function parameters({ dim, depth, patch }: Architecture): number {
  const tokens = (224 / patch) ** 2 + 1
  const block = 12 * dim ** 2 + 13 * dim
  return (tokens + 1) * dim + 3 * patch ** 2 * dim + dim + depth * block + 2 * dim
}

for (const entry of PUBLISHED) {
  test(`${entry.name} fits together`, (t) => {
    const { dim, heads, patch } = entry.architecture
    const shape = /-vit([sb])(8|16)\b/.exec(entry.name)!
    t.is(dim, shape[1] === 's' ? 384 : 768)
    t.is(patch, Number(shape[2]))
    t.is(dim / heads, 64)
    t.is(new URL(entry.url).protocol, 'https:')
    t.regex(fileName(entry), /^[\w.]+\.(pth|ckpt)$/)
    if (entry.sha256 !== null) t.regex(entry.sha256, /^[0-9a-f]{64}$/)
    // fp32, and what the pickle adds.
    if (entry.size !== null) t.is(entry.size - 4 * parameters(entry.architecture), 47_861)
  })
}

test('an unknown name is answered with the nearest one', (t) => {
  t.is(findPublished('dino-vits9'), undefined)
  t.is(findPublished('starter'), undefined)
  const error = t.throws(() => published('dino_vitb_16'), { instanceOf: StegoError })
  t.is(error.code, 'ERR_STEGO_OPTION')
  t.regex(error.message, /no published weights named "dino_vitb_16": .* Did you mean "dino-vitb16"\?$/)
  t.regex(t.throws(() => published('unheard-of')).message, /expected one of dino-vits8, .*path of a file\.$/)
})
