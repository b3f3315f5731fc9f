/** Checks that the tensors of a backbone are those of a plain ViT, by their names, types and shapes. */
import { countOf, type TensorEntry } from '../formats/tensor-file.js'
import { architectureOf } from './architectures.js'
import { BLOCK_LAYERS, type FoundBackbone, namesInFile } from './names.js'

/** Structure of a ViT, as its tensors have it. */
export interface VitShape {
  /** Embedding dimension. */
  dim: number
  /** Number of blocks. */
  depth: number
  /** Patch size in pixels. */
  patch: number
  /** Patches per side that the position embedding was learned for. */
  grid: number
  /** Number of parameters. */
  parameters: number
}

const FLOATS = new Set(['F64', 'F32', 'F16', 'BF16'])
const CHANNELS = 3
const SHOWN = 3

type Shapes = Map<string, number[]>

/** The structure of a backbone, or why it is not supported, as a clause. */
export function describeVit(found: FoundBackbone, tensors: TensorEntry[]): VitShape | string {
  return foreign(found) ?? checked(found, shapesOf(found, tensors)) ?? wrongType(found, tensors)
}

function foreign({ foreign: [first], foreign: all }: FoundBackbone): string | null {
  if (first === undefined) return null
  const like = architectureOf(all)
  const hint = like ? `, but of ${like.name}` : ''
  return `it has ${like?.tensor ?? first}, which is not part of DINO's ViT${hint}`
}

/** Shapes by our names; parts are joined. Names without a tensor, or with parts missing, are left out. */
function shapesOf({ names }: FoundBackbone, tensors: TensorEntry[]): Shapes {
  const byName = new Map(tensors.map(({ name, shape }) => [name, shape]))
  const shapes: Shapes = new Map()
  for (const [ours, theirs] of Object.entries(names)) {
    const parts = [theirs].flat().map((name) => byName.get(name))
    if (parts.some((part) => part === undefined)) continue
    const [first = [], ...rest] = parts as number[][]
    shapes.set(
      ours,
      rest.reduce(([length = 0, ...sides], part) => [length + (part[0] ?? 0), ...sides], first),
    )
  }
  return shapes
}

function checked(found: FoundBackbone, shapes: Shapes): string | null {
  return missing(found, shapes) ?? embeddings(found, shapes) ?? misshapen(found, shapes)
}

function missing(found: FoundBackbone, shapes: Shapes): string | null {
  const lacks = (...names: string[]) => names.filter((name) => !shapes.has(name))
  const said = (names: string[]) => names.flatMap((name) => lackingParts(found, name))
  if (lacks('cls_token').length > 0) {
    return (
      `it has no class token (${said(['cls_token'])}), as ViTs that average their patches and SigLIP, ` +
      'but stego needs one'
    )
  }
  if (lacks('norm.weight', 'norm.bias').length === 2) {
    return `it has no final norm (${said(['norm.weight', 'norm.bias']).join(', ')})`
  }
  const indices = blocksOf(shapes)
  const depth = (indices.at(-1) ?? 0) + 1
  const gone = Array.from({ length: depth }, (_, i) => i).filter((i) => !indices.includes(i))
  if (gone.length > 0 && indices.length > 0) {
    const example = said([`blocks.${gone[0]}.norm1.weight`]).join(', ')
    const which = gone.length === 1 ? `block ${gone[0]} is` : `blocks ${gone.join(', ')} are`
    return `${which} missing (${example} and the others), although the last block is ${depth - 1}`
  }
  const names = said(lacks(...expected(depth)))
  if (names.length === 0) return null
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `${names.slice(0, SHOWN).join(', ')}${more} ${names.length === 1 ? 'is' : 'are'} missing`
}

/** Names in the file that a tensor of ours lacks. */
function lackingParts(found: FoundBackbone, name: string): string[] {
  const parts = namesInFile(found, name)
  if (parts.length === 1) return parts
  const present = new Set(found.tensorNames)
  return parts.filter((part) => !present.has(part))
}

function blocksOf(shapes: Shapes): number[] {
  const numbers = [...shapes.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? [])
  return [...new Set(numbers.map(Number))].sort((a, b) => a - b)
}

const layer = (name: string) => [`${name}.weight`, `${name}.bias`]

function expected(depth: number): string[] {
  const blocks = Array.from({ length: depth }, (_, i) =>
    BLOCK_LAYERS.flatMap((name) => layer(`blocks.${i}.${name}`)),
  )
  return ['cls_token', 'pos_embed', ...layer('patch_embed.proj'), ...blocks.flat(), ...layer('norm')]
}

function embeddings(found: FoundBackbone, shapes: Shapes): string | null {
  const patch = shapes.get('patch_embed.proj.weight')!
  const positions = shapes.get('pos_embed')!
  const patchName = namesInFile(found, 'patch_embed.proj.weight')[0]
  const [, channels, height, width] = patch
  if (patch.length !== 4 || patch.some((side) => side === 0)) {
    return `its patch embedding ${patchName} is [${patch.join(', ')}], not [width, 3, patch, patch]`
  }
  if (channels !== CHANNELS) {
    return `its patch embedding takes images of ${channels} channel${channels === 1 ? '' : 's'}, not of 3 (${patchName} is [${patch.join(', ')}])`
  }
  if (height !== width) return `its patches are ${height} x ${width} pixels, but stego needs square ones`
  const [first, count = 0] = positions
  const name = namesInFile(found, 'pos_embed')[0]
  if (positions.length !== 3 || first !== 1 || count < 2) {
    return `its position embedding ${name} is [${positions.join(', ')}], not [1, 1 + patches, width]`
  }
  if (isSquare(count - 1)) return null
  if (isSquare(count)) {
    return `its position embedding ${name} has no place for the class token: ${count} places for ${count} patches`
  }
  return `its position embedding ${name} is not square: ${count - 1} patches do not form a square grid`
}

const isSquare = (count: number) => Number.isInteger(Math.sqrt(count))

function misshapen(found: FoundBackbone, shapes: Shapes): string | null {
  const [dim, , patch] = shapes.get('patch_embed.proj.weight') as [number, number, number]
  for (const [name, shape] of shapes) {
    const hidden = shapes.get(name.replace(/\.mlp\..*/, '.mlp.fc1.weight'))?.[0] ?? 0
    const wanted = shapeOf(name, { dim, patch, hidden, places: shapes.get('pos_embed')![1]! })
    if (String(wanted) === String(shape)) continue
    return `${namesInFile(found, name).join(', ')} is [${shape.join(', ')}], but its width of ${dim} needs [${wanted.join(', ')}]`
  }
  return null
}

interface Sides {
  dim: number
  patch: number
  hidden: number
  places: number
}

function shapeOf(name: string, { dim, patch, hidden, places }: Sides): number[] {
  if (name === 'cls_token') return [1, 1, dim]
  if (name === 'pos_embed') return [1, places, dim]
  const inBlock = name.replace(/^blocks\.\d+\./, '')
  const matrices: Record<string, number[]> = {
    'patch_embed.proj.weight': [dim, CHANNELS, patch, patch],
    'attn.qkv.weight': [3 * dim, dim],
    'attn.qkv.bias': [3 * dim],
    'attn.proj.weight': [dim, dim],
    'mlp.fc1.weight': [hidden, dim],
    'mlp.fc1.bias': [hidden],
    'mlp.fc2.weight': [dim, hidden],
  }
  return matrices[inBlock] ?? [dim]
}

/** The last check: the structure, unless a tensor is not of floating-point numbers. */
function wrongType(found: FoundBackbone, tensors: TensorEntry[]): VitShape | string {
  const names = new Set(Object.values(found.names).flat())
  const own = tensors.filter(({ name }) => names.has(name))
  const other = own.find(({ dtype }) => !FLOATS.has(dtype))
  if (other) {
    return `${other.name} has the type ${other.dtype}, but stego needs floating-point weights (F64, F32, F16, BF16)`
  }
  const shapes = shapesOf(found, own)
  const [dim, , patch] = shapes.get('patch_embed.proj.weight') as [number, number, number]
  const grid = Math.sqrt(shapes.get('pos_embed')![1]! - 1)
  const parameters = own.reduce((sum, { shape }) => sum + countOf(shape), 0)
  return { dim, depth: blocksOf(shapes).length, patch, grid, parameters }
}
