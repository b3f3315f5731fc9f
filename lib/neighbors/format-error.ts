/** Bytes that are not what they should be; the message is the reason, without the file's name. */
export class FormatError extends Error {}
