/** Training options, which are saved in the configuration file and the model. */
import { z } from 'zod'
import { datasetFields } from '../datasets/options.js'
import { option, path } from '../options/schema.js'
import { dtypeOption, featureStoreOption } from './backbone-options.js'
import { methodFields } from './method-options.js'
import { PRESET_NAMES } from './presets.js'

/** Schema of the training options. */
export const trainSchema = z.strictObject({
  data: option(path(), {
    group: 'Common',
    value: 'folder',
    expected: 'the folder of images, a path or a file: URL',
    doc: 'Folder with images directly in it, or with imgs/<split> and, if there are labels, labels/<split>.',
  }),
  classes: option(z.int().min(2).max(255).default(8), {
    group: 'Common',
    doc: 'Number of clusters to find; with labels, the number of classes.',
  }),
  backbone: option(path().prefault('dino-vits8'), {
    group: 'Common',
    value: 'name|file',
    expected: 'a name, or the weight file or folder as a path or a file: URL',
    doc:
      'Frozen ViT to distill: dino-vits8, dino-vits16, dino-vitb8 or dino-vitb16, downloaded once; the built-in ' +
      'starter; or ViT weights with tensor names from DINO, timm or Hugging Face: a .safetensors or .pth file, or a ' +
      'folder with config.json and model.safetensors.',
  }),
  dtype: dtypeOption('Method'),
  preset: option(z.enum(PRESET_NAMES).nullable().default(null), {
    group: 'Common',
    value: 'name',
    whenAbsent: 'none',
    doc: `Official hyperparameters for a dataset and backbone: ${PRESET_NAMES.join(', ')}. Other options override it.`,
  }),
  steps: option(z.int().min(1).default(500), {
    group: 'Common',
    unit: 'steps',
    doc:
      'Training steps. Default chosen on 367 street images, where 2000 were worse; the official schedule ' +
      'is 5000 steps of 16 images.',
  }),
  batch: option(z.int().min(2).default(32), {
    group: 'Common',
    unit: 'images',
    doc: 'Images per step. The automatic shifts were chosen with 32; official: 16.',
  }),
  seed: option(z.int().min(0).max(0xffffffff).default(0), {
    group: 'Common',
    doc: 'Random seed: the same seed, machine and thread count give the same bytes.',
  }),
  out: option(path().nullable().default(null), {
    group: 'Common',
    value: 'folder',
    expected: 'the run folder, a path or a file: URL',
    whenAbsent: 'nothing is written',
    doc: 'Run folder for the configuration, events, checkpoints and contact sheet.',
  }),
  ...datasetFields,
  split: option(z.string().min(1).default('train'), {
    group: 'Images',
    value: 'name',
    doc: 'Split to train on, if the data folder has splits.',
  }),
  validationSplit: option(z.string().min(1).default('val'), {
    group: 'Images',
    value: 'name',
    doc: 'Split to score on, if it exists and has labels.',
  }),
  validationResolution: option(z.int().min(8).default(320), {
    group: 'Images',
    unit: 'pixels',
    doc: 'Side of validation and contact-sheet squares, rounded up to a multiple of the patch size. Official value.',
  }),
  resolution: option(z.int().min(8).default(224), {
    group: 'Images',
    unit: 'pixels',
    doc: "Side of the square training image, a multiple of the backbone's patch size. Official value.",
  }),
  fit: option(z.enum(['center', 'squash']).default('center'), {
    group: 'Images',
    doc: 'center keeps the aspect ratio and crops the edges; squash keeps the edges. Official: center.',
  }),
  ...methodFields,
  kmeansRestarts: option(z.int().min(1).max(100).default(5), {
    group: 'Probes and clusters',
    doc: 'Restarts of the k-means fitted after training; the one with the highest mean cosine is kept.',
  }),
  checkpointEvery: option(z.int().min(1).default(100), {
    group: 'Run',
    unit: 'steps',
    doc: 'Steps between resumable checkpoints.',
  }),
  validateEvery: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    unit: 'steps',
    whenAbsent: 'once, at the end',
    doc: 'Steps between validations.',
  }),
  histogramEvery: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    unit: 'steps',
    whenAbsent: 'never',
    doc: 'Steps between histograms of code similarity by pair type, included in the events. Official: 100.',
  }),
  featureStore: featureStoreOption,
  threads: option(z.int().min(1).nullable().default(null), {
    group: 'Run',
    whenAbsent: 'STEGO_THREADS, or one per physical core',
    doc: 'Number of native threads.',
  }),
})

/** The options of a run with defaults filled in. */
export interface ResolvedRunOptions extends z.output<typeof trainSchema> {}

/** Training options. Only `data` is required. */
export interface RunOptions extends z.input<typeof trainSchema> {}
