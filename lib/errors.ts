/**
 * Every code a `StegoError` can carry. The message says what was expected, what it got and what to do.
 */
export type StegoErrorCode =
  | 'ERR_STEGO_OPTION' // an option is unknown, misspelled or out of range
  | 'ERR_STEGO_DATA_MISSING' // a file or folder does not exist
  | 'ERR_STEGO_DATA_EMPTY' // a folder holds no images, or too few
  | 'ERR_STEGO_DATA_LAYOUT' // labels without images, ambiguous names, unknown splits
  | 'ERR_STEGO_IMAGE' // an image cannot be decoded
  | 'ERR_STEGO_LABEL_SIZE' // a label map has another size than its image
  | 'ERR_STEGO_SIZE' // a size is not a multiple of the patch
  | 'ERR_STEGO_BACKBONE' // an unknown backbone, or weights that are not one
  | 'ERR_STEGO_CHECKPOINT' // a weight file is damaged or not of this kind
  | 'ERR_STEGO_RUN' // a run folder is in the way, or is not a run
  | 'ERR_STEGO_ARGUMENT' // a value handed to native code has the wrong type, shape or length
  | 'ERR_STEGO_DIVERGED' // a loss is no longer a number
  | 'ERR_STEGO_DISPOSED' // a model was used after dispose()
  | 'ERR_STEGO_OUT_OF_MEMORY' // memory could not be had
  | 'ERR_STEGO_FILE' // reading or writing a file failed
  | 'ERR_STEGO_DOWNLOAD' // published weights cannot be fetched, or are not the file they should be
  | 'ERR_STEGO_ADDON' // the native addon is missing or cannot be loaded
  | 'ERR_STEGO_NATIVE' // anything else native code reports

/** The one error class of this package: a code for programs, a sentence with a remedy for people. */
export class StegoError extends Error {
  /** What kind of error it is, for programs. */
  readonly code: StegoErrorCode

  constructor(code: StegoErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StegoError'
    this.code = code
  }
}
