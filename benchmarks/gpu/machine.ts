/** What the addon says of this machine and of CUDA, as a line of JSON. */
import { addon } from '../../lib/native/index.js'

const native = addon() as unknown as { describeMachine(): unknown; describeCuda?(): unknown }
console.log(JSON.stringify({ machine: native.describeMachine(), cuda: native.describeCuda?.() ?? null }))
