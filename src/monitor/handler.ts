/** `/metrics` and `/healthz` for an HTTP server, of Node or with its interface. */
import type { Monitor } from './index.ts'

/** What is used of Node's `IncomingMessage` and `ServerResponse`. */
interface HttpRequest { readonly method?: string | undefined, readonly url?: string | undefined }
interface HttpResponse {
  writeHead (status: number, headers: Record<string, string>): unknown
  end (body?: string): unknown
}

/** Of Prometheus' exposition format. */
const TEXT = 'text/plain; version=0.0.4; charset=utf-8'
const JSON_TYPE = 'application/json'

/**
 * Answers `GET /metrics` with the text for Prometheus, and `GET /healthz` with the node's health as JSON: status 200 when
 * it has a path into its mesh, else 503.
 *
 * @example
 *
 * ```ts
 * import { createServer } from 'node:http'
 * createServer(metricsHandler(mesh)).listen(9100, '127.0.0.1')
 * ```
 */
export function metricsHandler ({ monitor }: { readonly monitor: Monitor }): (request: HttpRequest, response: HttpResponse) => void {
  return ({ method, url = '/' }, response) => {
    const [path] = url.split('?')
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(method === 'HEAD' ? undefined : body)
    }
    if (method !== 'GET' && method !== 'HEAD') answer(405, TEXT, 'only GET and HEAD\n')
    else if (path === '/metrics') {
      let text: string
      try {
        text = monitor.prometheus()
      } catch (err) {
        answer(503, TEXT, `${(err as Error).message}\n`)
        return
      }
      answer(200, TEXT, text)
    } else if (path === '/healthz') {
      const { health } = monitor
      answer(health.level === 'isolated' ? 503 : 200, JSON_TYPE, `${JSON.stringify(health)}\n`)
    } else answer(404, TEXT, 'here are /metrics and /healthz\n')
  }
}
