/** What an operator's tools ask a relay by HTTP: whether it is well, and its figures. */
import { createServer } from 'node:http'
import { UsageError } from './exit.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Whether it can do its work, and why not. */
export interface Wellness {
  ok: boolean
  /** Why not. */
  reasons: string[]
  /** What an operator should look at, though it works. */
  warnings: string[]
}

export interface Pages {
  health: () => Wellness & Readonly<Record<string, unknown>>
  /** Text exposition format 0.0.4. */
  metrics: () => string
}

/** Sockets at a time: a scraper needs one. */
const MAX_SOCKETS = 64
/** Milliseconds that a request may take to come. */
const PATIENCE = 5_000

/** `127.0.0.1:9090`, `[::1]:9090`, `:9090` or `9090`; the last two are on loopback. @throws UsageError */
export function httpAddress (text: string): { host: string, port: number } {
  const [, host = '', port = ''] = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) throw new UsageError(`--http: expected <address>:<port>, as 127.0.0.1:9090, got '${text}'`)
  return { host: host === '' ? '127.0.0.1' : host.replace(/[[\]]/g, ''), port: Number(port) }
}

function answer (request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function onRequest (request: IncomingMessage, response: ServerResponse, pages: Pages): void {
  const path = (request.url ?? '').split('?')[0]
  const text = 'text/plain; charset=utf-8'
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    answer(request, response, 405, text, 'GET or HEAD\n')
  } else if (path === '/healthz') {
    const health = pages.health()
    answer(request, response, health.ok ? 200 : 503, 'application/json', `${JSON.stringify(health)}\n`)
  } else if (path === '/metrics') {
    answer(request, response, 200, 'text/plain; version=0.0.4; charset=utf-8', pages.metrics())
  } else {
    answer(request, response, 404, text, 'there is /healthz and /metrics\n')
  }
}

/** Resolves when it listens. @throws when it cannot */
export async function serveHttp (at: { host: string, port: number }, pages: Pages): Promise<{ url: string, close: () => Promise<void> }> {
  const server: Server = createServer({ requestTimeout: PATIENCE, headersTimeout: PATIENCE, maxHeaderSize: 8_192 }, (request, response) => {
    try {
      onRequest(request, response, pages)
    } catch (error) {
      answer(request, response, 500, 'text/plain; charset=utf-8', `${(error as Error).message}\n`)
    }
  })
  server.maxConnections = MAX_SOCKETS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'something else listens there' : error.code === 'EACCES' ? 'this user may not listen there' : error.message
      reject(new Error(`--http ${at.host}:${at.port}: ${why}`, { cause: error }))
    })
    server.listen(at, resolve)
  })
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: async () => {
      server.closeIdleConnections()
      await new Promise<void>(resolve => {
        server.close(() => { resolve() })
        server.closeAllConnections()
      })
    }
  }
}
