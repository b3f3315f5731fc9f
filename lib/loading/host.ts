/** The machine and program that the addon is to be loaded into. */
import { type Libc, libcOf } from './libc.js'

export interface Host {
  platform: string
  arch: string
  /** The C library of a Linux system; null elsewhere. */
  libc: Libc | null
  /** Version of glibc; null elsewhere. */
  glibc: string | null
  node: string
  /** Version of Electron; null in Node itself. */
  electron: string | null
}

/** This machine, asked only when an addon could not be loaded: Node's report takes some milliseconds. */
export function thisHost(): Host {
  const { platform, arch, versions } = process
  const libc = platform === 'linux' ? libcOf(process.execPath) : null
  return {
    platform,
    arch,
    libc,
    glibc: libc === 'glibc' ? glibcVersion() : null,
    node: versions.node,
    electron: versions.electron ?? null,
  }
}

/** The version of the glibc Node runs on; null where its report does not tell. */
function glibcVersion(): string | null {
  return nodeReport().header.glibcVersionRuntime ?? null
}

/** Paths of the libraries that this process has open now. */
export function openLibraries(): string[] {
  return nodeReport().sharedObjects
}

function nodeReport() {
  return process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string }
    sharedObjects: string[]
  }
}

/** The host in a few words, such as `linux-x64, glibc 2.36, Node 20.19.0`. */
export function describeHost({ platform, arch, libc, glibc, node, electron }: Host): string {
  return [
    `${platform}-${arch}`,
    ...(libc ? [glibc ? `${libc} ${glibc}` : libc] : []),
    electron ? `Electron ${electron}` : `Node ${node}`,
  ].join(', ')
}
