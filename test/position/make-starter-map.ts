/**
 * npx tsx test/position/make-starter-map.ts <folder of photographs>: measures the starter's position map, which comes with
 * its weights. The photographs should share no layout; the one in weights/ is of 1,000 single photographs of things and
 * animals, one for each of ImageNet's classes.
 */
import { dirname, join } from 'node:path'
import { openImages } from '../../lib/features/key.js'
import { measureBackbone, wholeMap } from '../../lib/position/measure.js'
import { loadBackbone } from '../../lib/weights/backbones.js'
import { STARTER_POSITION_MAP, starterWeights } from '../../lib/weights/starter.js'
import { writeWhole } from '../../lib/write-whole.js'

const SQUARES = 1000
const transform = { resolution: 224, fit: 'center', multiple: 8 } as const

const set = await openImages({ data: process.argv[2]! })
const pictures = { count: set.images.length, read: (index: number) => set.read(set.images[index]!) }
const measuring = measureBackbone(await loadBackbone('starter'), pictures, { transform, samples: SQUARES })
let step = await measuring.next()
while (!step.done) step = await measuring.next()
const map = wholeMap(step.value)
const file = join(dirname(starterWeights()), STARTER_POSITION_MAP)
await writeWhole(file, Buffer.from(map.buffer, map.byteOffset, map.byteLength))
