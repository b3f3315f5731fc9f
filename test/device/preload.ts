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
const native = addon()
const { Backbone, Network } = native
const device = 'test' as 'cpu' // the addon knows it; the types do not
Object.assign(native, {
  Backbone: {
    load: ((stored, options, cancel) =>
      Backbone.load(stored, { ...options, device }, cancel)) as typeof Backbone.load,
  },
  Network: {
    create: Network.create.bind(Network),
    load: ((stored, options, cancel) =>
      Network.load(stored, { ...options, device }, cancel)) as typeof Network.load,
  },
})
