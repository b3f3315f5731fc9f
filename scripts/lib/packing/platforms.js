/**
 * The platforms that packages are made for. `libraries` are libtorch's, in dependency order; `released` means that
 * packages for the platform are published: `stego` names only these. `cuda`: there is an addon for CUDA as well.
 */
export const PLATFORMS = {
  'linux-x64': {
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    libraries: ['libgomp.so.1', 'libc10.so', 'libtorch_cpu.so'],
    released: true,
    cuda: true,
  },
  'linux-arm64': {
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    libraries: ['libgomp.so.1', 'libc10.so', 'libtorch_cpu.so'],
    released: false,
  },
  'darwin-arm64': {
    os: 'darwin',
    cpu: 'arm64',
    libraries: ['libomp.dylib', 'libc10.dylib', 'libtorch_cpu.dylib'],
    released: false,
  },
  'win32-x64': {
    os: 'win32',
    cpu: 'x64',
    libraries: ['libiomp5md.dll', 'c10.dll', 'torch_cpu.dll'],
    released: false,
  },
}

export const releasedPlatforms = () => Object.keys(PLATFORMS).filter((name) => PLATFORMS[name].released)
