/** The machine and runtime that load the addon. */

export interface Host {
  platform: string
  arch: string
  /** The C library on Linux; null elsewhere. */
  libc: 'glibc' | 'musl' | null
  /** Version of glibc; null elsewhere. */
  glibc: string | null
  node: string
  /** Version of Electron; null in plain Node. */
  electron: string | null
}

/** Describes this machine. Called only on errors, since Node's report takes some milliseconds. */
export function thisHost(): Host {
  const { platform, arch, versions } = process
  const glibc = platform === 'linux' ? glibcVersion() : null
  return {
    platform,
    arch,
    libc: platform === 'linux' ? (glibc ? 'glibc' : 'musl') : null,
    glibc,
    node: versions.node,
    electron: versions.electron ?? null,
  }
}

/** The glibc version; null with musl, which Node's report does not include. */
function glibcVersion(): string | null {
  return nodeReport().header.glibcVersionRuntime ?? null
}

/** Paths of the libraries loaded in this process. */
export function openLibraries(): string[] {
  return nodeReport().sharedObjects
}

function nodeReport() {
  return process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string }
    sharedObjects: string[]
  }
}

/** Formats a host as `linux-x64, glibc 2.36, Node 20.19.0`. */
export function describeHost({ platform, arch, libc, glibc, node, electron }: Host): string {
  return [
    `${platform}-${arch}`,
    ...(libc ? [glibc ? `${libc} ${glibc}` : libc] : []),
    electron ? `Electron ${electron}` : `Node ${node}`,
  ].join(', ')
}
