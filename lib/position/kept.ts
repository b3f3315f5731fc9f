/**
 * Stored position maps, which need not be measured again: the starter's is part of the package, those of
 * other backbones are kept in the cache folder, one per backbone, choice of features and resolution. A map is
 * a property of the backbone: maps from two different folders of photographs have a cosine of 0.96.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFromEnv } from '../env.js'
import type { DType, FeatureChoice } from '../native/index.js'
import { identifyBackbone } from '../weights/identity.js'
import { starterPositionMap } from '../weights/starter.js'
import { writeWhole } from '../write-whole.js'

/** Where features come from. */
export interface FeatureSource {
  /** Name or weight file of the backbone. */
  backbone: string
  features: FeatureChoice
  dtype: DType
}

/** A square map, row-major. */
export interface SquareMap {
  data: Float32Array
  shape: [side: number, side: number, channels: number]
}

/** Incremented when the same name no longer means the same measurement. */
const VERSION = 1
const BYTES = 4

/** Side of the starter's map, the same as that of its table of positions. */
const STARTER_SIDE = 28

/**
 * The map of these features on a grid of `side` patches, if it is known; for the starter, on the grid of its
 * table.
 */
export async function keptMap(
  source: FeatureSource,
  side: number,
  channels: number,
): Promise<SquareMap | null> {
  const { backbone, features } = source
  const shipped = backbone === 'starter' && features.kind === 'feat' && features.layer === 1
  const sides = shipped ? STARTER_SIDE : side
  const bytes = await readFile(shipped ? starterPositionMap() : await fileOf(source, side)).catch(() => null)
  // A truncated file is measured again.
  if (bytes === null || bytes.length !== BYTES * channels * sides ** 2) return null
  return { data: new Float32Array(new Uint8Array(bytes).buffer), shape: [sides, sides, channels] }
}

/** Stores a measured map; does nothing if the cache cannot be written. */
export async function keepMap(source: FeatureSource, { data, shape: [side] }: SquareMap): Promise<void> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  await writeWhole(await fileOf(source, side), bytes).catch(() => {})
}

async function fileOf({ backbone, features, dtype }: FeatureSource, side: number): Promise<string> {
  const key = [VERSION, await identifyBackbone(backbone), features.kind, features.layer, dtype, side]
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16)
  return join(cacheFromEnv(), 'positions', `${name}.f32`)
}
