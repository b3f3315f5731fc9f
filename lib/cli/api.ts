/** The part of the package the commands use, loaded when used: help needs no addon, and tests no weights. */
import type { runDemo } from '../demo.js'
import type { correspondFeatures } from '../evaluation/correspondence.js'
import type { Stego } from '../stego.js'
import type { inspectWeights } from '../weights/inspect.js'

export interface Api {
  stego(): Promise<Pick<typeof Stego, 'train' | 'load'>>
  correspondFeatures: typeof correspondFeatures
  inspectWeights: typeof inspectWeights
  runDemo: typeof runDemo
}

export const packageApi: Api = {
  stego: async () => (await import('../stego.js')).Stego,
  correspondFeatures: async (...parts) =>
    (await import('../evaluation/correspondence.js')).correspondFeatures(...parts),
  inspectWeights: async (path) => (await import('../weights/inspect.js')).inspectWeights(path),
  runDemo: async (...parts) => (await import('../demo.js')).runDemo(...parts),
}
