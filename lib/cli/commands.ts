/** The commands of `stego`, in the order in which people need them; each is loaded when it is used. */
import type { Api, Entry } from './command.js'

export const COMMANDS: readonly Entry[] = [
  {
    name: 'train',
    purpose: 'Turns a folder of images, labeled or not, into a segmentation model.',
    load: async () => (await import('./train.js')).trainCommand,
  },
  {
    name: 'segment',
    purpose: 'Segments images with a trained model and writes a picture for each.',
    load: async () => (await import('./segment.js')).segmentCommand,
  },
  {
    name: 'evaluate',
    purpose:
      'Scores a model against the labels of a folder, beside what its backbone reaches without training; several models ' +
      'with mean and standard deviation.',
    load: async () => (await import('./evaluate.js')).evaluateCommand,
  },
  {
    name: 'correspond',
    purpose: 'Draws what in a picture, and in another, corresponds to points of it.',
    load: async () => (await import('./correspond.js')).correspondCommand,
  },
  {
    name: 'inspect',
    purpose: 'Says what a weight file or a run holds.',
    load: async () => (await import('./weights.js')).inspectCommand,
  },
  {
    name: 'features',
    purpose: 'Computes backbone features into a store that trainings share; lists and removes stores.',
    load: async () => (await import('./features.js')).featuresCommand,
  },
  {
    name: 'neighbors',
    purpose: 'Finds the nearest neighbors of each image of a folder and keeps them in a file.',
    load: async () => (await import('./neighbors.js')).neighborsCommand,
  },
  {
    name: 'crop',
    purpose: 'Writes five crops of each image of a dataset, in the layout of the official code.',
    load: async () => (await import('./crop.js')).cropCommand,
  },
  {
    name: 'convert',
    purpose:
      'Converts models and backbones of other programs to .safetensors, every bit of every tensor as it is.',
    load: async () => (await import('./weights.js')).convertCommand,
  },
  {
    name: 'demo',
    purpose: 'Trains on images it draws, or on yours, and shows what came out.',
    load: async () => (await import('./demo.js')).demoCommand,
  },
  {
    name: 'doctor',
    purpose: 'Says what is installed, found and used, and checks that it computes as it should.',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
]

/** This package for the commands. */
export const packageApi: Api = {
  stego: async () => (await import('../stego.js')).Stego,
  correspondFeatures: async (...parts) =>
    (await import('../correspond/correspond.js')).correspondFeatures(...parts),
  inspectWeights: async (path) => (await import('../weights/inspect.js')).inspectWeights(path),
  runDemo: async (...parts) => (await import('../demo.js')).runDemo(...parts),
}
