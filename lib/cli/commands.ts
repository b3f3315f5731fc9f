/** What a command of `stego` is made of, and what it may touch. */
import type { z } from 'zod'
import type { correspondFeatures } from '../correspond/correspond.js'
import type { runDemo } from '../demo.js'
import type { Given } from '../options/flags.js'
import type { Stego } from '../stego.js'
import type { inspectWeights } from '../weights/inspect.js'
import type { Terminal } from './terminal.js'

/** The surroundings of a command. */
export interface Surroundings {
  terminal: Terminal
  /** Aborts on Ctrl-C and SIGTERM; only commands that are `interruptible` get it before the process dies. */
  signal: AbortSignal
  /** Folder that relative paths start from. */
  cwd: string
  api: Api
}

/** A command in the list of them. */
export interface Entry {
  name: string
  /** One sentence. */
  purpose: string
  load(): Promise<Command>
}

/** One command: all that its help and its flags are made from, and what it does. */
export interface Command {
  /** Lines after `stego `, most common first. */
  usage: string[]
  /** The flags, those of the API and those of the command line alone. */
  schema: z.ZodObject
  /** What stands on the line besides flags: how many words, and what they are. */
  words: { min: number; max: number; what: string }
  examples: { line: string; doc: string }[]
  /** Whether Ctrl-C goes to `signal` first. */
  interruptible: boolean
  run(given: Given, surroundings: Surroundings): Promise<void>
}

export const COMMANDS: readonly Entry[] = [
  {
    name: 'train',
    purpose: 'Turns a folder of images, labelled or not, into a segmentation model.',
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
    purpose: 'Finds the nearest neighbours of each image of a folder and keeps them in a file.',
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
      'Converts models and backbones between PyTorch files and .safetensors, every bit of every tensor as it is.',
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

export interface Api {
  stego(): Promise<Pick<typeof Stego, 'train' | 'load'>>
  correspondFeatures: typeof correspondFeatures
  inspectWeights: typeof inspectWeights
  runDemo: typeof runDemo
}

export const packageApi: Api = {
  stego: async () => (await import('../stego.js')).Stego,
  correspondFeatures: async (...parts) =>
    (await import('../correspond/correspond.js')).correspondFeatures(...parts),
  inspectWeights: async (path) => (await import('../weights/inspect.js')).inspectWeights(path),
  runDemo: async (...parts) => (await import('../demo.js')).runDemo(...parts),
}
