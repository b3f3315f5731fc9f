/**
 * Every code a `StegoError` can have. The message says what was expected, what was found and what to do.
 */
export type StegoErrorCode =
  | 'ERR_STEGO_OPTION' // an option is unknown, misspelled or out of range
  | 'ERR_STEGO_DATA_MISSING' // a file or folder does not exist
  | 'ERR_STEGO_DATA_EMPTY' // a folder has no images, or too few
  | 'ERR_STEGO_DATA_LAYOUT' // labels without images, ambiguous names, unknown splits
  | 'ERR_STEGO_IMAGE' // an image cannot be decoded
  | 'ERR_STEGO_LABEL_SIZE' // a label map and its image differ in size
  | 'ERR_STEGO_SIZE' // a size is not a multiple of the patch size
  | 'ERR_STEGO_BACKBONE' // a backbone is unknown, or its weights are not a backbone
  | 'ERR_STEGO_CHECKPOINT' // a weight file is damaged or of the wrong kind
  | 'ERR_STEGO_RUN' // a run folder already exists, or is not a run
  | 'ERR_STEGO_ARGUMENT' // a value passed to native code has the wrong type, shape or length
  | 'ERR_STEGO_DIVERGED' // a loss became NaN or infinite
  | 'ERR_STEGO_DISPOSED' // a model was used after dispose()
  | 'ERR_STEGO_OUT_OF_MEMORY' // out of memory
  | 'ERR_STEGO_DEVICE' // the device asked for cannot be used, or has failed
  | 'ERR_STEGO_DEVICE_MEMORY' // a GPU is out of memory
  | 'ERR_STEGO_FILE' // reading or writing a file failed
  | 'ERR_STEGO_DOWNLOAD' // published weights or libraries cannot be downloaded or verified
  | 'ERR_STEGO_ADDON' // the native addon is missing or cannot be loaded
  | 'ERR_STEGO_NATIVE' // any other native error

/** The error class of this package. `code` identifies the error; `message` explains it and suggests a fix. */
export class StegoError extends Error {
  /** Identifies the kind of error. */
  readonly code: StegoErrorCode

  constructor(code: StegoErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StegoError'
    this.code = code
  }
}
