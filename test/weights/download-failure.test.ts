import test from 'ava'
import { asFailure } from '../../lib/weights/failure.js'

for (const [code, message, said, transient] of [
  ['ECONNRESET', 'read ECONNRESET', 'read ECONNRESET', true],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND nowhere', 'getaddrinfo ENOTFOUND nowhere', false],
  ['ETIMEDOUT', '', 'ETIMEDOUT', true],
  ['HPE_INVALID_CONSTANT', 'Expected HTTP/', 'the response is not valid HTTP', true],
  ['UND_ERR_SOCKET', 'other side closed', 'the connection was closed', true],
  ['UND_ERR_PRX_TLS', 'Secure Proxy Connection failed', 'the certificate is for a different host', false],
] as const) {
  test(`${code} means: ${said}`, (t) => {
    const cause = Object.assign(new Error(message), { code })
    t.like(asFailure(cause), { message: said, transient, cause })
  })
}
