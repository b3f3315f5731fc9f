/** The `stego` commands in the order users need them. Each is loaded on use. */
import type { Api, Entry } from './command.js'

export const COMMANDS: readonly Entry[] = [
  {
    name: 'train',
    purpose: 'Train a segmentation model on a folder of images, labeled or not.',
    load: async () => (await import('./train.js')).trainCommand,
  },
  {
    name: 'segment',
    purpose: 'Segment images with a trained model and write one output image for each.',
    load: async () => (await import('./segment.js')).segmentCommand,
  },
  {
    name: 'evaluate',
    purpose:
      'Score models against labels and compare them with their untrained backbone; several models also get mean and ' +
      'standard deviation.',
    load: async () => (await import('./evaluate.js')).evaluateCommand,
  },
  {
    name: 'correspond',
    purpose: 'Draw which parts of an image, and of a second one, correspond to given points.',
    load: async () => (await import('./correspond.js')).correspondCommand,
  },
  {
    name: 'inspect',
    purpose: 'Show what a weight file or run contains.',
    load: async () => (await import('./weights.js')).inspectCommand,
  },
  {
    name: 'features',
    purpose: 'Build, list and remove stores of backbone features shared by training runs.',
    load: async () => (await import('./features.js')).featuresCommand,
  },
  {
    name: 'neighbors',
    purpose: 'Find the nearest neighbors of each image in a folder and save them to a file.',
    load: async () => (await import('./neighbors.js')).neighborsCommand,
  },
  {
    name: 'crop',
    purpose: 'Write five crops of each image in a dataset, in the official layout.',
    load: async () => (await import('./crop.js')).cropCommand,
  },
  {
    name: 'convert',
    purpose:
      'Convert models and backbones from other programs to .safetensors without changing what they compute.',
    load: async () => (await import('./weights.js')).convertCommand,
  },
  {
    name: 'demo',
    purpose: 'Train on generated scenes or your own images and show the results.',
    load: async () => (await import('./demo.js')).demoCommand,
  },
  {
    name: 'doctor',
    purpose: 'Report what is installed and in use, and verify that it computes correctly.',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
]

/** The package API as commands see it. */
export const packageApi: Api = {
  stego: async () => (await import('../stego.js')).Stego,
  correspondFeatures: async (...parts) =>
    (await import('../correspond/correspond.js')).correspondFeatures(...parts),
  inspectWeights: async (path) => (await import('../weights/inspect.js')).inspectWeights(path),
  runDemo: async (...parts) => (await import('../demo.js')).runDemo(...parts),
}
