/** What a Linux library needs of the system, read from its version table (ELF, 64 bit, little endian). */
import { readFileSync } from 'node:fs'

const NEEDED_VERSIONS = 0x6ffffffe // SHT_GNU_verneed

/** The versions of symbols that a library needs, such as `GLIBC_2.28`. */
export function neededVersions(file: string): string[] {
  const elf = readFileSync(file)
  if (elf.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
    throw new Error(`${file} is no ELF file of this kind`)
  const table = Number(elf.readBigUInt64LE(0x28))
  const size = elf.readUInt16LE(0x3a)
  const section = (index: number) => {
    const at = table + index * size
    const [offset, link] = [Number(elf.readBigUInt64LE(at + 0x18)), elf.readUInt32LE(at + 0x28)]
    return { type: elf.readUInt32LE(at + 4), offset, link, count: elf.readUInt32LE(at + 0x2c) }
  }
  const sections = Array.from({ length: elf.readUInt16LE(0x3c) }, (_, index) => section(index))
  const needs = sections.find(({ type }) => type === NEEDED_VERSIONS)
  if (!needs) return []
  const names = sections[needs.link]!.offset
  const found: string[] = []
  for (let library = needs.offset, n = 0; n < needs.count; n++, library += elf.readUInt32LE(library + 12)) {
    let version = library + elf.readUInt32LE(library + 8)
    for (let left = elf.readUInt16LE(library + 2); left > 0; left--) {
      const start = names + elf.readUInt32LE(version + 8)
      found.push(elf.toString('latin1', start, elf.indexOf(0, start)))
      version += elf.readUInt32LE(version + 12)
    }
  }
  return found
}

/** The highest version of a family, such as `2.33` of `GLIBC`; null where none is needed. */
export function highest(versions: string[], family: string): string | null {
  const numbers = versions
    .filter((version) => version.startsWith(`${family}_`))
    .map((version) => version.slice(family.length + 1))
  return numbers.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null
}
