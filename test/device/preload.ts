/**
 * Moves every backbone and network of a test process to the test device (test_device.cpp), so that the code for other
 * devices runs where there is none. For `--import`.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { addon } from '../../lib/native/index.js'

createRequire(import.meta.url)(
  fileURLToPath(new URL('../../build/Release/test-device/test-device.node', import.meta.url)),
)
type Load = (stored: unknown, options: object, cancel: unknown) => unknown
type Loader = (new (...values: unknown[]) => object) & { load: Load }

/** The same class, whose load() has only the test device. */
function moved(loader: Loader): Loader {
  return class extends loader {
    static override load: Load = (stored, options, cancel) =>
      loader.load(stored, { ...options, device: 'test' }, cancel)
  }
}

const native = addon() as unknown as Record<'Backbone' | 'Network', Loader>
Object.assign(native, { Backbone: moved(native.Backbone), Network: moved(native.Network) })
