/** Registry of published weights. */
import { StegoError } from '../errors.js'
import { nearest } from '../options/nearest.js'

/** The shape of a ViT; the head dimension is `dim / heads`. */
export interface Architecture {
  /** Embedding dimension. */
  dim: number
  /** Number of blocks. */
  depth: number
  /** Attention heads per block. */
  heads: number
  /** Patch size in pixels. */
  patch: number
}

/** Weights available by name. */
export interface PublishedWeights {
  /** Name to load them by. */
  name: string
  /** Short description. */
  about: string
  /** `backbone`, for the `backbone` option, or `model`, for `Stego.load`. */
  kind: 'backbone' | 'model'
  /** Architecture of the ViT. */
  architecture: Architecture
  /** Original URL. Its last part is the file name in the cache and on mirrors. */
  url: string
  /** Size in bytes; null if not published. */
  size: number | null
  /** SHA-256 in hexadecimal; null if not published, in which case the first download is trusted. */
  sha256: string | null
  /** License of the weights. */
  licence: string
}

const SMALL = { dim: 384, depth: 12, heads: 6 } as const
const BASE = { dim: 768, depth: 12, heads: 12 } as const

const DINO = 'https://dl.fbaipublicfiles.com/dino'
const STEGO = 'https://marhamilresearch4.blob.core.windows.net/stego-public/saved_models'

/**
 * DINO's makers publish neither sizes nor checksums, and their file names carry none. Those given here are what others
 * recorded of the same addresses. All sizes agree with the parameters of their architecture, at the same number of
 * further bytes for each.
 *
 * - vits8: size and SHA-256 from a public inventory of fetched weights that names the address; its entries for DINOv2
 *   and for torchvision's wide_resnet50_2-95faca4d agree with what is published of those.
 * - vits16: size from a public log of a download; no SHA-256 was found. vits8-standard: neither was found.
 * - vitb8: size from STEGO_Colab_Demo.ipynb of mhamilton723/STEGO, SHA-256 from checkpoints/README.md of tzgp/DAMD and
 *   others.
 * - vitb16: SHA-256 from huggingface.co/Xiaomabufei/lumos and several public repositories; one of them gives the size.
 */
const BACKBONES: PublishedWeights[] = [
  {
    name: 'dino-vits8',
    about: "DINO ViT-S/8 after 300 epochs, STEGO's own choice (not the file of DINO's README)",
    kind: 'backbone',
    architecture: { ...SMALL, patch: 8 },
    url: `${DINO}/dino_deitsmall8_300ep_pretrain/dino_deitsmall8_300ep_pretrain.pth`,
    size: 86_728_949,
    sha256: '10fee18a0e7714de9005f9d56975ca8993d5fb87dab867868e528132d2be176c',
    licence: 'Apache-2.0',
  },
  {
    name: 'dino-vits8-standard',
    about: "DINO ViT-S/8 as DINO's README and torch.hub give it",
    kind: 'backbone',
    architecture: { ...SMALL, patch: 8 },
    url: `${DINO}/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth`,
    size: null,
    sha256: null,
    licence: 'Apache-2.0',
  },
  {
    name: 'dino-vits16',
    about: 'DINO ViT-S/16',
    kind: 'backbone',
    architecture: { ...SMALL, patch: 16 },
    url: `${DINO}/dino_deitsmall16_pretrain/dino_deitsmall16_pretrain.pth`,
    size: 86_710_517,
    sha256: null,
    licence: 'Apache-2.0',
  },
  {
    name: 'dino-vitb8',
    about: 'DINO ViT-B/8',
    kind: 'backbone',
    architecture: { ...BASE, patch: 8 },
    url: `${DINO}/dino_vitbase8_pretrain/dino_vitbase8_pretrain.pth`,
    size: 343_279_349,
    sha256: '575f0efc4838938314afa09897a62ed2b87919928b5edcd133abb907328995eb',
    licence: 'Apache-2.0',
  },
  {
    name: 'dino-vitb16',
    about: 'DINO ViT-B/16',
    kind: 'backbone',
    architecture: { ...BASE, patch: 16 },
    url: `${DINO}/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth`,
    size: 343_242_485,
    sha256: 'bf34ad0f424b9029b593e8dc3ed553bf26e88bcba0d32bf3e62a6209cb64c85e',
    licence: 'Apache-2.0',
  },
]

/**
 * The models that download_models.py of mhamilton723/STEGO fetches. Neither sizes nor checksums of them were
 * found. The code is MIT; each file also holds DINO's weights, which are Apache-2.0.
 */
const MODELS: PublishedWeights[] = [
  {
    name: 'stego-cocostuff27-vitb8',
    about: 'official STEGO, COCO-Stuff in 27 classes, on DINO ViT-B/8',
    kind: 'model',
    architecture: { ...BASE, patch: 8 },
    url: `${STEGO}/cocostuff27_vit_base_5.ckpt`,
    size: null,
    sha256: null,
    licence: 'MIT, the backbone Apache-2.0',
  },
  {
    name: 'stego-cityscapes-vitb8',
    about: 'official STEGO, Cityscapes in 27 classes, on DINO ViT-B/8',
    kind: 'model',
    architecture: { ...BASE, patch: 8 },
    url: `${STEGO}/cityscapes_vit_base_1.ckpt`,
    size: null,
    sha256: null,
    licence: 'MIT, the backbone Apache-2.0',
  },
  {
    name: 'stego-potsdam-vits8',
    about: 'official STEGO, Potsdam in 3 classes, on DINO ViT-S/8',
    kind: 'model',
    architecture: { ...SMALL, patch: 8 },
    url: `${STEGO}/potsdam_test.ckpt`,
    size: null,
    sha256: null,
    licence: 'MIT, the backbone Apache-2.0',
  },
]

/** All downloadable weights, backbones first. `starter` is not included, since it comes with the package. */
export const PUBLISHED: readonly PublishedWeights[] = [...BACKBONES, ...MODELS]

/** Finds an entry by name; undefined if there is none. */
export function findPublished(name: string): PublishedWeights | undefined {
  return PUBLISHED.find((entry) => entry.name === name)
}

/** Finds an entry by name. Throws `ERR_STEGO_OPTION` if there is none. */
export function published(name: string): PublishedWeights {
  const entry = findPublished(name)
  if (entry) return entry
  const names = PUBLISHED.map((known) => known.name)
  const meant = nearest(name, names)
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `there are no published weights named "${name}": expected one of ${names.join(', ')}. ` +
      (meant ? `Did you mean "${meant}"?` : 'Correct the name, or pass the path of a file.'),
  )
}

/** File name of an entry in the cache and on mirrors. */
export function fileName(entry: PublishedWeights): string {
  return new URL(entry.url).pathname.split('/').at(-1)!
}
