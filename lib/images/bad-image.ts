/** Errors that are about one image. */
import { StegoError } from '../errors.js'

/** Whether an error is about one image, so that others may be fine. */
export function isBadImage(error: unknown): error is StegoError {
  const codes: string[] = ['ERR_STEGO_IMAGE', 'ERR_STEGO_DATA_MISSING', 'ERR_STEGO_FILE']
  return error instanceof StegoError && codes.includes(error.code)
}
