/** The HTTP server that an operator's tools ask: it takes few, and waits for nobody. */
import { createServer } from 'node:http'
import { UsageError } from './exit.ts'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Sockets at a time: a scraper needs one. */
export const MAX_SOCKETS = 64
/** Milliseconds that a request may take to come. */
const PATIENCE = 5_000

/** `127.0.0.1:9090`, `[::1]:9090`, `:9090` or `9090`; the last two are on loopback. @throws UsageError */
export function httpAddress (text: string): { host: string, port: number } {
  const [, host = '', port = ''] = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) throw new UsageError(`--http: expected <address>:<port>, as 127.0.0.1:9090, got '${text}'`)
  return { host: host === '' ? '127.0.0.1' : host.replace(/[[\]]/g, ''), port: Number(port) }
}

/** Resolves when it listens. @throws when it cannot */
export async function serveHttp (at: { host: string, port: number }, handler: RequestListener): Promise<{ url: string, close: () => Promise<void> }> {
  const server: Server = createServer({ requestTimeout: PATIENCE, headersTimeout: PATIENCE, maxHeaderSize: 8_192 }, handler)
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
