/** Brings what was written to a file onto the disk. */
import { fsync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'

const fsyncLater = promisify(fsync)

/** As `handle.sync()`, which the handles of Yarn's Plug'n'Play do not have. */
export const syncFile = (handle: FileHandle): Promise<void> => fsyncLater(handle.fd)
