import Module from 'node:module'
import test from 'ava'
import { decodeImage } from '../../lib/images/decode.js'

/** What require() goes through. */
const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown }

test('without its image library the package says so, and how to get it', async (t) => {
  const { _load } = loader
  t.teardown(() => {
    loader._load = _load
  })
  loader._load = (request, ...rest) => {
    if (request === 'sharp') throw new Error('Could not load the "sharp" module\nPossible solutions: many')
    return _load.call(loader, request, ...rest)
  }
  const error = await t.throwsAsync(decodeImage(Buffer.from([0, 1, 2, 3])), { code: 'ERR_STEGO_ADDON' })
  t.regex(
    error!.message,
    /cannot be loaded: Could not load the "sharp" module\. Install it .*--omit=optional/,
  )
})
