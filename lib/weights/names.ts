/**
 * Names of tensors in weight files of several programs, mapped to ours: DINO's for backbones (`blocks.0.attn.qkv.weight`),
 * those of the official checkpoints for models (`net.model.*`, `net.cluster1.0.*`, ...;
 * docs/method-constants.md#checkpoints).
 */
import type { TensorEntry } from '../formats/tensor-file.js'
import type { NameMap } from './tensors.js'

/** Naming scheme of a backbone's tensors. */
export type BackboneLayout = 'dino' | 'timm' | 'huggingface'
/** Naming scheme of a model's tensors: the official code's or its fork's. */
export type ModelLayout = 'official' | 'leggedrobotics'

/** Tensors found in a file. */
export interface Found<Layout> {
  layout: Layout
  /** Maps our names to those in the file. */
  names: NameMap
  /** Names in the file of tensors that a plain ViT does not have, such as LayerScale or registers. */
  foreign: string[]
}

/** A backbone found in a file. */
export interface FoundBackbone extends Found<BackboneLayout> {
  /** What precedes its names in the file. */
  prefix: string
  /** All names in the file, without those of wrappers. */
  tensorNames: string[]
}

/** `weight` and `bias` of a layer. */
type Layer = string

/** Layers of a block. */
export const BLOCK_LAYERS: Layer[] = ['norm1', 'attn.qkv', 'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2']

/** Layers of Hugging Face's ViT; `query`, `key` and `value` become one. */
const HUGGING_FACE = new Map<string, Layer>([
  ['embeddings.patch_embeddings.projection', 'patch_embed.proj'],
  ['layernorm', 'norm'],
])
const HUGGING_FACE_TENSORS = new Map([
  ['embeddings.cls_token', 'cls_token'],
  ['embeddings.position_embeddings', 'pos_embed'],
])
const HUGGING_FACE_BLOCK = new Map<string, Layer>([
  ['layernorm_before', 'norm1'],
  ['attention.output.dense', 'attn.proj'],
  ['layernorm_after', 'norm2'],
  ['intermediate.dense', 'mlp.fc1'],
  ['output.dense', 'mlp.fc2'],
])
const QUERY_KEY_VALUE = ['query', 'key', 'value'].map((part) => `attention.attention.${part}`)

/** Tensors by which a layout is recognized below a prefix, of which a file may lack one: that is said later. */
const BACKBONE_MARKS = {
  dino: [
    /^(.*\.)?patch_embed\.proj\.weight$/,
    /^(.*\.)?blocks\.\d+\.attn\.qkv\.weight$/,
    /^(.*\.)?pos_embed$/,
  ],
  huggingface: [
    /^(.*\.)?embeddings\.patch_embeddings\.projection\.weight$/,
    /^(.*\.)?encoder\.layer\.\d+\.attention\.attention\.query\.weight$/,
    /^(.*\.)?embeddings\.position_embeddings$/,
  ],
} as const
/** What torch.compile, FSDP and checkpointing put before the names of modules that they wrap, anywhere in a name. */
const WRAPPER = /(?<=^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\./g
/** Marks that are enough: the blocks and one embedding, or both embeddings. */
const ENOUGH_MARKS = 2

const MODEL_MARKS = {
  official: ['net.cluster1.0.weight', 'net.model.patch_embed.proj.weight'],
  leggedrobotics: ['segmentation_head.linear.0.weight', 'backbone.model.patch_embed.proj.weight'],
} as const

/** The layout of leggedrobotics/self_supervised_segmentation (docs/method-constants.md#checkpoints). */
const LEGGED: [string, string][] = [
  ['backbone.model.', 'net.model.'],
  ['segmentation_head.linear.', 'net.cluster1.'],
  ['segmentation_head.nonlinear.', 'net.cluster2.'],
]

/**
 * Finds the ViT in a file with DINO, timm or Hugging Face names under any prefix (`module.`, `backbone.`,
 * `net.model.`). If there are a teacher and a student, returns the teacher. Null if there is none. Tensors may be
 * missing from it.
 */
export function findBackbone(tensors: TensorEntry[]): FoundBackbone | null {
  const inFile = new Map(tensors.map(({ name }) => [name.replaceAll(WRAPPER, ''), name]))
  const found = findPlain([...inFile.keys()])
  if (!found) return null
  const back = (name: string) => inFile.get(name) ?? name
  const names = Object.fromEntries(
    Object.entries(found.names).map(([ours, theirs]) => [
      ours,
      typeof theirs === 'string' ? back(theirs) : theirs.map(back),
    ]),
  )
  return { ...found, names, foreign: found.foreign.map(back) }
}

function findPlain(tensorNames: string[]): FoundBackbone | null {
  const found = (['dino', 'huggingface'] as const)
    .flatMap((layout) => marked(tensorNames, layout).map((place) => ({ layout, ...place })))
    .toSorted((a, b) => rank(a.prefix) - rank(b.prefix) || b.marks - a.marks)[0]
  if (!found) return null
  const { prefix } = found
  const rest = below(tensorNames, prefix)
  if (found.layout === 'huggingface') {
    return { layout: 'huggingface', prefix, tensorNames, ...mapHuggingFace(rest, prefix) }
  }
  const layout = rest.includes('head.weight') ? 'timm' : 'dino'
  const names = Object.fromEntries(rest.filter(isDino).map((name) => [name, prefix + name]))
  const foreign = rest.filter(isForeign).map((name) => prefix + name)
  return { layout, prefix, tensorNames, names, foreign }
}

/** Names that a tensor of ours has, or would have, in the file of a backbone. */
export function namesInFile({ layout, prefix }: FoundBackbone, ours: string): string[] {
  if (layout !== 'huggingface') return [prefix + ours]
  const [, block, name = ours] = /^blocks\.(\d+)\.(.+)$/.exec(ours) ?? []
  const [, layer = '', kind = ''] = /^(.+)\.(weight|bias)$/.exec(name) ?? []
  const whole = [...HUGGING_FACE_TENSORS].find(([, own]) => own === ours)?.[0]
  if (whole !== undefined) return [prefix + whole]
  const before = block === undefined ? prefix : `${prefix}encoder.layer.${block}.`
  if (layer === 'attn.qkv') return QUERY_KEY_VALUE.map((part) => `${before}${part}.${kind}`)
  const table = block === undefined ? HUGGING_FACE : HUGGING_FACE_BLOCK
  const theirs = [...table].find(([, own]) => own === layer)![0]
  return [`${before}${theirs}.${kind}`]
}

/** Prefixes below which there are enough marks of a layout. */
function marked(names: string[], layout: keyof typeof BACKBONE_MARKS): { prefix: string; marks: number }[] {
  const counts = new Map<string, number>()
  for (const mark of BACKBONE_MARKS[layout]) {
    const prefixes = names.flatMap((name) => {
      const match = mark.exec(name)
      return match ? [match[1] ?? ''] : []
    })
    for (const prefix of new Set(prefixes)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, marks]) => marks >= ENOUGH_MARKS)
    .map(([prefix, marks]) => ({ prefix, marks }))
}

/**
 * Finds the model in a file with the official layout, which this package also uses, or leggedrobotics'. Other tensors
 * (`decoder`, `train_cluster_probe`, optimizers) keep their names. Null if there is none.
 */
export function findModel(tensors: TensorEntry[]): Found<ModelLayout> | null {
  for (const layout of ['official', 'leggedrobotics'] as const) {
    const prefix = prefixes(tensors, MODEL_MARKS[layout])[0]
    if (prefix === undefined) continue
    const names = Object.fromEntries(
      below(namesOf(tensors), prefix).map((name) => [
        layout === 'official' ? name : fromLegged(name),
        prefix + name,
      ]),
    )
    const backbone = Object.keys(names).filter((name) => name.startsWith('net.model.'))
    const foreign = backbone.filter((name) => isForeign(name.slice('net.model.'.length)))
    return { layout, names, foreign: foreign.map((name) => names[name]!) }
  }
  return null
}

function fromLegged(name: string): string {
  const known = LEGGED.find(([theirs]) => name.startsWith(theirs))
  return known ? known[1] + name.slice(known[0].length) : name
}

function mapHuggingFace(rest: string[], prefix: string): Pick<Found<BackboneLayout>, 'names' | 'foreign'> {
  const names: NameMap = {}
  const foreign: string[] = []
  for (const name of rest) {
    const [, number, inBlock] = /^encoder\.layer\.(\d+)\.(.+)$/.exec(name) ?? []
    const [, layer, kind] = /^(.+)\.(weight|bias)$/.exec(inBlock ?? name) ?? []
    const ours = (inBlock ? HUGGING_FACE_BLOCK : HUGGING_FACE).get(layer ?? '')
    const whole = HUGGING_FACE_TENSORS.get(name)
    const block = number === undefined ? '' : `blocks.${number}.`
    if (whole) names[whole] = prefix + name
    else if (ours) names[`${block}${ours}.${kind}`] = prefix + name
    else if (inBlock && QUERY_KEY_VALUE.includes(layer!)) {
      names[`${block}attn.qkv.${kind}`] = QUERY_KEY_VALUE.map(
        (part) => `${prefix}encoder.layer.${number}.${part}.${kind}`,
      )
    } else if (inBlock || (name.startsWith('embeddings.') && name !== 'embeddings.mask_token')) {
      foreign.push(prefix + name)
    }
  }
  return { names, foreign }
}

const DINO = new RegExp(
  `^(cls_token|pos_embed|(patch_embed\\.proj|norm|blocks\\.\\d+\\.(${BLOCK_LAYERS.join('|')}))\\.(weight|bias))$`,
)

function isDino(name: string): boolean {
  return DINO.test(name)
}

/** Whether an extra tensor belongs to a part that changes the features. */
function isForeign(name: string): boolean {
  if (isDino(name)) return false
  return /^(blocks|dist_token|reg_token|register_tokens|storage_tokens|rope_embed|norm_pre|fc_norm)(\.|$)/.test(
    name,
  )
}

/** Prefixes under which all of these names exist. */
function prefixes(tensors: TensorEntry[], [first, ...others]: readonly string[]): string[] {
  const all = new Set(tensors.map(({ name }) => name))
  return tensors
    .filter(({ name }) => name === first || name.endsWith(`.${first}`))
    .map(({ name }) => name.slice(0, -first!.length))
    .filter((prefix) => others.every((name) => all.has(prefix + name)))
}

const namesOf = (tensors: TensorEntry[]) => tensors.map(({ name }) => name)

function below(names: string[], prefix: string): string[] {
  return names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
}

/** Teachers first, students last. */
function rank(prefix: string): number {
  const parts = prefix.split('.')
  return parts.includes('teacher') ? 0 : parts.includes('student') ? 2 : 1
}
