/** What there is on this machine for computing on a GPU. */
import { cudaParts, findCudaLibtorch } from '../native/cuda.js'
import { driverVersion } from '../native/driver.js'
import type { Request } from '../native/places.js'
import type { CudaReport, GpuReport } from './report.js'

/** Adds to what the addon says the driver, the package for CUDA and its libtorch. */
export function describeGpu(request: Request, found: CudaReport | null): GpuReport {
  const parts = cudaParts(request)
  const { addon = null } = parts ?? {}
  return {
    device: null,
    error: null,
    cuda: null,
    ...found,
    driver: driverVersion(),
    package: addon && { name: addon.manifest.name, version: addon.manifest.version, folder: addon.folder },
    libtorch: parts && describeLibtorch(request, parts.libtorch),
  }
}

function describeLibtorch(
  { stego, cache, libtorch }: Request,
  found: NonNullable<ReturnType<typeof cudaParts>>['libtorch'],
): GpuReport['libtorch'] {
  if (found === null) return null
  const { folder, version } = found
  if (libtorch !== undefined) return { source: 'own', folder, version }
  const source = findCudaLibtorch(cache!, stego.manifest.libtorch!)!.source
  return { source, folder, version }
}
