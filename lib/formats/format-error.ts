/** Errors for malformed files. */
import { StegoError, type StegoErrorCode } from '../errors.js'

/** Invalid file content. The message is the reason, without the file name. */
export class FormatError extends Error {
  /** What the message is said of: `it`, or the file by its name. */
  readonly subject: 'it' | 'file' = 'it'

  /** Remedy, if it differs from the default for the kind of file. */
  readonly remedy: string | undefined

  constructor(reason: string, { remedy, cause }: { remedy?: string; cause?: unknown } = {}) {
    super(reason, { cause })
    this.remedy = remedy
  }
}

interface Kind {
  code: StegoErrorCode
  expected: string
  remedy: string
}

const KINDS = {
  weights: {
    code: 'ERR_STEGO_CHECKPOINT',
    expected: 'a weight file (safetensors or PyTorch)',
    remedy: 'Download or write it again.',
  },
  npz: { code: 'ERR_STEGO_FILE', expected: 'a .npz file', remedy: 'Write it again with numpy.savez.' },
  mat: {
    code: 'ERR_STEGO_IMAGE',
    expected: 'a MATLAB file',
    remedy: 'Save it again as MATLAB 5 to 7.2 (scipy.io.savemat, or save -v7).',
  },
  png: {
    code: 'ERR_STEGO_IMAGE',
    expected: 'a label map (a PNG of class indices)',
    remedy: 'Write the label map again as a single-channel PNG of class indices.',
  },
} satisfies Record<string, Kind>

/** Kinds of files. */
export type FileKind = keyof typeof KINDS

/** Name of a kind of file in messages. */
export const nameOfKind = (kind: FileKind): string => KINDS[kind].expected

/** Runs a reader and converts its `FormatError` to a `StegoError` with the file name and a remedy. */
export async function explaining<T>(path: string, kind: FileKind, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    const { code, expected, remedy } = KINDS[kind]
    const said = cause.subject === 'file' ? cause.message : `is damaged or of another type: ${cause.message}`
    throw new StegoError(code, `Expected ${expected}, but ${path} ${said}. ${cause.remedy ?? remedy}`, {
      cause,
    })
  }
}
