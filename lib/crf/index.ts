/** `stego/crf`: the dense CRF by itself. */
export { type DenseCrf, denseCrf, denseCrfBatch } from './dense-crf.js'
export type { CrfIteration, DenseCrfBatchOptions, DenseCrfOptions, DenseCrfProblem } from './options.js'
export { CRF_PRESETS, type CrfPreset } from './presets.js'
