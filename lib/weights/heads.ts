/** Chooses the number of attention heads of a backbone, which its tensors do not show. */

/** The number of attention heads, and where it comes from. */
export interface Heads {
  /** Attention heads per block. */
  heads: number
  /**
   * `metadata`: of the file. `config.json`: beside it. `checkpoint`: the training arguments in it. `width`: nothing says
   * it, so one per 64 channels is assumed.
   */
  headsFrom: 'metadata' | 'config.json' | 'checkpoint' | 'width'
}

/** What is said of the heads; 0 or undefined for nothing. */
export interface HeadSources {
  metadata: string | undefined
  config: { heads: number; path: string | null }
  checkpoint: number
}

/** Channels per head of DINO's models. */
const HEAD_WIDTH = 64

/** The heads of a backbone of some width, or why they cannot be those, as a clause. */
export function chooseHeads(dim: number, { metadata, config, checkpoint }: HeadSources): Heads | string {
  const own = metadata === undefined ? 0 : Number(metadata)
  if (!Number.isSafeInteger(own) || own < 0) {
    return `its metadata gives the attention heads as ${JSON.stringify(metadata)}, which is not a whole number`
  }
  if (own > 0 && config.heads > 0 && own !== config.heads) {
    return `its metadata gives ${own} attention heads, but ${config.path} gives ${config.heads} (num_attention_heads)`
  }
  const known = (
    [
      [own, 'metadata'],
      [config.heads, 'config.json'],
      [checkpoint, 'checkpoint'],
    ] as const
  ).find(([heads]) => heads > 0)
  if (!known) return assumedHeads(dim)
  const [heads, headsFrom] = known
  if (dim % heads === 0) return { heads, headsFrom }
  const source = headsFrom === 'config.json' ? config.path : `its ${headsFrom}`
  return `${source} gives ${heads} attention heads, which do not divide its width of ${dim}`
}

function assumedHeads(dim: number): Heads | string {
  if (dim < HEAD_WIDTH) return { heads: 1, headsFrom: 'width' }
  if (dim % HEAD_WIDTH === 0) return { heads: dim / HEAD_WIDTH, headsFrom: 'width' }
  return (
    `nothing says how many attention heads it has, and its width of ${dim} is not a multiple of ${HEAD_WIDTH}: add a ` +
    'config.json with num_attention_heads beside it, or convert it with `stego convert --heads`'
  )
}
