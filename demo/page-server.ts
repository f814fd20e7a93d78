/** Serves the demo page on loopback: its files, bundled once, and where the mesh is. */
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { bundlePage } from './bundle.ts'
import { LOCAL_POLICY } from './policy.ts'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

const HEADERS = {
  'content-security-policy': LOCAL_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // The bytes change with every start.
  'cache-control': 'no-store'
}

/** What the page has to know; `config.json` of `demo/page`. */
export interface PageConfig {
  mesh: string
  /** WebSocket addresses of relays, with their peer id. */
  relays: readonly string[]
}

export interface PageServer {
  readonly url: string
  /** Serves the page from now on, and tells it where the mesh is. */
  publish (config: PageConfig): Promise<void>
  close (): Promise<void>
}

interface File {
  type: string
  body: Uint8Array | string
}

/** Milliseconds that an answer may be held back. */
const MAX_STILL = 10_000

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.js': 'text/javascript; charset=utf-8', '.txt': 'text/plain; charset=utf-8'
}

/** By path. */
async function load (): Promise<ReadonlyMap<string, File>> {
  const { files } = await bundlePage()
  return new Map(Array.from(files, ([name, body]) => [
    name === 'index.html' ? '/' : `/${name}`,
    { type: TYPES[extname(name)] ?? 'application/octet-stream', body }
  ]))
}

function answer (files: ReadonlyMap<string, File>): RequestListener {
  return (request, response) => {
    const [path = '', query] = (request.url ?? '').split(/[?#]/, 2)
    const file = files.get(path)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...HEADERS, allow: 'GET, HEAD' }).end()
    } else if (path === '/still') {
      // What the page's script waits for when it is to stand still.
      const timer = setTimeout(() => { response.writeHead(204, HEADERS).end() }, Math.min(MAX_STILL, Number(new URLSearchParams(query).get('ms')) || 0))
      response.once('close', () => { clearTimeout(timer) })
    } else if (file == null) {
      response.writeHead(404, HEADERS).end()
    } else {
      response.writeHead(200, { ...HEADERS, 'content-type': file.type })
      response.end(request.method === 'HEAD' ? undefined : file.body)
    }
  }
}

/**
 * Resolves when the port is open; the page is made meanwhile.
 *
 * @throws the server's error, such as EADDRINUSE
 */
export async function servePage (port: number): Promise<PageServer> {
  let files: ReadonlyMap<string, File> = new Map()
  const server = createServer((request, response) => { answer(files)(request, response) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const loading = load()
  // Whoever publishes hears of it.
  loading.catch(() => {})
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async publish (config) {
      files = new Map([...await loading, ['/config.json', { type: 'application/json', body: JSON.stringify(config) }]])
    },
    async close () {
      await new Promise<void>(resolve => {
        server.close(() => { resolve() })
        server.closeAllConnections()
      })
    }
  }
}
