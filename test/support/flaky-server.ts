/** Local servers that misbehave to order, and proxies that remember what went through them. */
import { createHash } from 'node:crypto'
import {
  createServer,
  request as forward,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createSilentServer,
  type Server,
  type Socket,
} from 'node:net'
import type { ExecutionContext } from 'ava'

/** How one request is answered. */
export type Reply = (request: IncomingMessage, response: ServerResponse) => void

export interface FlakyServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string
  /** Every request, in order. */
  requests: { path: string; headers: IncomingHttpHeaders }[]
}

/** Answers each request with the next reply; the last one stays. */
export async function flakyServer(
  t: ExecutionContext,
  replies: Reply[],
  tls?: { key: string; cert: string },
): Promise<FlakyServer> {
  const requests: FlakyServer['requests'] = []
  const answer: Reply = (request, response) => {
    requests.push({ path: request.url!, headers: request.headers })
    replies[Math.min(requests.length, replies.length) - 1]!(request, response)
  }
  const server = tls ? createSecureServer(tls, answer) : createServer(answer)
  const port = await listen(t, server)
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, requests }
}

/** A strong ETag of some bytes. */
export const etagOf = (content: Buffer) =>
  `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`

/** The whole file, whatever was asked for. */
export const whole =
  (content: Buffer, headers: Record<string, string> = {}): Reply =>
  (_, response) => {
    response.writeHead(200, { 'content-length': content.length, etag: etagOf(content), ...headers })
    response.end(content)
  }

/** The file or what follows the asked-for byte of it, as a proper server does. */
export const ranged =
  (content: Buffer): Reply =>
  (request, response) => {
    const etag = etagOf(content)
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (start === 0 || request.headers['if-range'] !== etag) return whole(content)(request, response)
    if (start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}`, etag }).end()
      return
    }
    response.writeHead(206, {
      'content-length': content.length - start,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      etag,
    })
    response.end(content.subarray(start))
  }

/** Announces all, sends the first bytes, and then closes the connection (`cut`) or says nothing more (`stall`). */
export const broken =
  (content: Buffer, bytes: number, then: 'cut' | 'stall', headers: Record<string, string> = {}): Reply =>
  (_, response) => {
    response.writeHead(200, { 'content-length': content.length, etag: etagOf(content), ...headers })
    response.write(content.subarray(0, bytes), () => {
      if (then === 'cut') response.destroy()
    })
  }

/** Announces `announced` bytes and sends all of the content. */
export const lying =
  (content: Buffer, announced: number): Reply =>
  (_, response) => {
    const socket = response.socket!
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${announced}\r\nConnection: close\r\n\r\n`)
    socket.end(content)
  }

/** A status and nothing else. */
export const status =
  (code: number, headers: Record<string, string> = {}): Reply =>
  (_, response) => {
    response.writeHead(code, headers).end()
  }

/** Closes the connection instead of answering. */
export const hangUp: Reply = (request) => {
  request.socket.destroy()
}

export interface FlakyProxy {
  url: string
  /** What went through: `CONNECT host:port` or `GET http://...`. */
  seen: string[]
  /** The credentials that came, one for each of `seen`. */
  credentials: (string | undefined)[]
}

/** A proxy for plain requests and for tunnels; with `refuse`, one that answers every request with that status. */
export async function flakyProxy(
  t: ExecutionContext,
  { refuse, tls }: { refuse?: number; tls?: { key: string; cert: string } } = {},
): Promise<FlakyProxy> {
  const seen: string[] = []
  const credentials: (string | undefined)[] = []
  const note = ({ method, url, headers }: IncomingMessage) => {
    seen.push(`${method} ${url}`)
    credentials.push(headers['proxy-authorization'])
  }
  const answer: Reply = (request, response) => {
    note(request)
    if (refuse) return void response.writeHead(refuse).end()
    const { 'proxy-authorization': _, ...headers } = request.headers
    forward(request.url!, { headers }, (forwarded) => {
      response.writeHead(forwarded.statusCode!, forwarded.headers)
      forwarded.pipe(response)
    }).end()
  }
  const server = tls ? createSecureServer(tls, answer) : createServer(answer)
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    note(request)
    if (refuse) return void client.end(`HTTP/1.1 ${refuse} Refused\r\n\r\n`)
    const [host, port] = request.url!.split(':')
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${await listen(t, server)}`, seen, credentials }
}

/** `127.0.0.1:<port>`, where connections are accepted and told of, and nothing is ever answered. */
export async function silentServer(t: ExecutionContext, connected: () => void): Promise<string> {
  return `127.0.0.1:${await listen(t, createSilentServer(connected))}`
}

/** Listens on a free port until the test ends; open connections do not keep it. */
async function listen(t: ExecutionContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
