/** The C library that this process runs on, read from its program: cheaper than Node's report, and true beyond Alpine. */
import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { isElf } from './library-file.js'

export type Libc = 'glibc' | 'musl'

/** In an ELF file: where its program headers lie, and in each of them its kind, place and size. */
const HEAD = { bytes: 64, start: 32, size: 54, count: 56 }
const HEADER = { kind: 0, place: 8, bytes: 32 }
const INTERPRETER = 3 // PT_INTERP: the path of the loader, which is the C library's own

/** The C library of a program of Linux; that of nearly all where the program does not tell. */
export function libcOf(program: string): Libc {
  return basename(loaderOf(program) ?? '').startsWith('ld-musl-') ? 'musl' : 'glibc'
}

/** The loader that a program names; null where it names none or cannot be read. */
function loaderOf(program: string): string | null {
  let descriptor: number | null = null
  try {
    const file = openSync(program, 'r')
    descriptor = file
    const read = (place: number, bytes: number) => {
      const part = Buffer.alloc(bytes)
      readSync(file, part, 0, bytes, place)
      return part
    }
    const head = read(0, HEAD.bytes)
    if (!isElf(head)) return null
    const [size, count] = [head.readUInt16LE(HEAD.size), head.readUInt16LE(HEAD.count)]
    const headers = read(Number(head.readBigUInt64LE(HEAD.start)), size * count)
    for (let at = 0; at < headers.length; at += size) {
      if (headers.readUInt32LE(at + HEADER.kind) !== INTERPRETER) continue
      const [place, bytes] = [HEADER.place, HEADER.bytes].map((field) => headers.readBigUInt64LE(at + field))
      return read(Number(place), Number(bytes)).toString().replace(/\0.*$/s, '')
    }
    return null
  } catch {
    return null
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}
