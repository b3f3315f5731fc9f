/** A wheel: an archive of the Python package index, in which libtorch and NVIDIA's libraries are published. */

export interface Wheel {
  /** Name of the package. */
  name: string
  version: string
  /** File name of the wheel. */
  file: string
  /** Size in bytes. */
  size: number
  /** SHA-256 in hexadecimal. */
  sha256: string
  /** Bytes of what is unpacked of it (contents.ts). */
  unpacked: number
}

/** Name of the folder in which a wheel keeps its metadata and licenses. */
export function infoFolder({ file }: Pick<Wheel, 'file'>): string {
  return `${file.split('-').slice(0, 2).join('-')}.dist-info`
}
