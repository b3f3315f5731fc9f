/** Finds files in a Python package index: its simple interface, as JSON (PEP 691) or as a web page (PEP 503). */
import { cudaIndexFromEnv } from '../env.js'
import { StegoError } from '../errors.js'
import { type DownloadSettings, MAX_FAILURES, pause, publicUrl } from '../weights/download.js'
import { asFailure, FetchFailure, isTransient } from '../weights/failure.js'
import type { Response } from '../weights/http.js'
import { StallWatch } from '../weights/retry.js'
import type { Wheel } from './wheel.js'

const PYPI = 'https://pypi.org/simple'
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'

type Settings = Pick<DownloadSettings, 'transport' | 'clock' | 'meter' | 'signal'>

/** The index to use: `given`, else `STEGO_CUDA_INDEX`, else PyPI. Throws `ERR_STEGO_OPTION` if it is no address. */
export function indexAddress(given: string | undefined): URL {
  const address = given ?? cudaIndexFromEnv() ?? PYPI
  const url = URL.canParse(address) ? new URL(address) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new StegoError(
    'ERR_STEGO_OPTION',
    `the package index (STEGO_CUDA_INDEX) must be an http:// or https:// address, got ${JSON.stringify(address)}. ` +
      `Set it to the address of an index such as ${PYPI}, or unset it.`,
  )
}

/** The address of a wheel. Throws `FetchFailure` if the index cannot be read or does not list it. */
export async function findWheel(index: URL, { name, file }: Wheel, settings: Settings): Promise<URL> {
  const page = new URL(index.href)
  page.pathname = `${page.pathname.replace(/\/$/, '')}/${name}/`
  const { text, isJson, base } = await readPage(page, settings)
  const address = isJson ? inJson(text, file) : inPage(text, file)
  if (address === null || !URL.canParse(address, base.href)) {
    throw new FetchFailure(`${publicUrl(page)} does not list ${file}`)
  }
  const url = new URL(address, base)
  url.hash = ''
  if (url.host === page.host && url.username === '') {
    url.username = page.username
    url.password = page.password
  }
  return url
}

interface Page {
  text: string
  isJson: boolean
  /** The address after redirects, which relative addresses start from. */
  base: URL
}

async function readPage(page: URL, settings: Settings): Promise<Page> {
  for (let failures = 1; ; failures++) {
    try {
      return await readOnce(page, settings)
    } catch (error) {
      settings.signal?.throwIfAborted()
      const failure = asFailure(error)
      if (failure instanceof StegoError || !failure.transient || failures >= MAX_FAILURES) throw failure
      await pause(failure, failures, settings)
    }
  }
}

async function readOnce(page: URL, { transport, clock, signal }: Settings): Promise<Page> {
  const stall = new StallWatch(clock)
  const either = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal
  try {
    const { get } = await import('../weights/http.js')
    const headers = { accept: `${JSON_TYPE}, text/html;q=0.2` }
    return await get(page, headers, either, transport, async (response) => {
      stall.reset()
      const { statusCode, statusText, body } = response
      if (statusCode !== 200) {
        throw new FetchFailure(`${publicUrl(page)} answered ${statusCode} ${statusText}`.trim(), {
          transient: isTransient(statusCode),
        })
      }
      const type = String(response.headers['content-type'] ?? '')
      return { text: await body.text(), isJson: /\bjson\b/.test(type), base: lastAddress(response) ?? page }
    })
  } catch (error) {
    throw stall.signal.aborted && !signal?.aborted ? stall.signal.reason : error
  } finally {
    stall.stop()
  }
}

function lastAddress({ context }: Response): URL | null {
  const history = (context as { history?: URL[] } | undefined)?.history
  return history?.at(-1) ?? null
}

function inJson(text: string, file: string): string | null {
  try {
    const { files } = JSON.parse(text) as { files: { filename: string; url: string }[] }
    return files.find(({ filename }) => filename === file)?.url ?? null
  } catch {
    throw new FetchFailure('the package index sent JSON that is damaged or not a list of files')
  }
}

/** The link whose path ends in the file's name. */
function inPage(text: string, file: string): string | null {
  const links = [...text.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["']/gi)].map(([, href]) =>
    href!.replaceAll('&amp;', '&'),
  )
  return (
    links.find(
      (href) =>
        href
          .replace(/[?#].*$/, '')
          .split('/')
          .at(-1) === file,
    ) ?? null
  )
}
