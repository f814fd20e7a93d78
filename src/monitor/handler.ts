/** `/metrics` and `/healthz` for an HTTP server, of Node or with its interface. */
import type { MeshStatus, Monitor } from './index.ts'

/** What is used of Node's `IncomingMessage` and `ServerResponse`. */
interface HttpRequest { readonly method?: string | undefined, readonly url?: string | undefined }
interface HttpResponse {
  writeHead (status: number, headers: Record<string, string>): unknown
  end (body?: string): unknown
}

/** What a program adds to what its node says. */
export interface HandlerOptions {
  /**
   * Of the program's health. With `reasons` it is not well: status 503; they stand instead of the node's. `warnings` are what
   * an operator should look at though it works. The rest stands in the answer as it is.
   */
  readonly health?: () => Readonly<Record<string, unknown>> & { readonly reasons?: readonly string[], readonly warnings?: readonly string[] }
  /** Metrics beside the node's, in the same format. */
  readonly metrics?: () => string
}

interface Observed { readonly monitor: Monitor, readonly status?: MeshStatus }

interface Answer { readonly status: number, readonly type: string, readonly body: string, readonly headers?: Record<string, string> }

const TEXT = 'text/plain; charset=utf-8'
/** Of Prometheus' exposition format. */
const METRICS = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Answers `GET /metrics` with the text for Prometheus, and `GET /healthz` with JSON: `{ ok, level, reasons, warnings }`.
 * Its status is 200 while the node has a path into its mesh and takes calls, 503 while it starts, is isolated, drains or is
 * stopped; `reasons` say why, `warnings` what else is wrong.
 *
 * @example
 *
 * ```ts
 * import { createServer } from 'node:http'
 * createServer(metricsHandler(mesh)).listen(9100, '127.0.0.1')
 * ```
 */
export function metricsHandler (mesh: Observed, options: HandlerOptions = {}): (request: HttpRequest, response: HttpResponse) => void {
  return ({ method = '', url = '/' }, response) => {
    const { status, type, body, headers } = answerOf(mesh, options, method, url)
    response.writeHead(status, {
      'content-type': type, 'content-length': String(new TextEncoder().encode(body).length), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers
    })
    response.end(method === 'HEAD' ? undefined : body)
  }
}

function answerOf (mesh: Observed, options: HandlerOptions, method: string, url: string): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: TEXT, body: 'only GET and HEAD\n', headers: { allow: 'GET, HEAD' } }
  try {
    const [path] = url.split('?')
    if (path === '/metrics') return { status: 200, type: METRICS, body: mesh.monitor.prometheus() + (options.metrics?.() ?? '') }
    if (path === '/healthz') return healthOf(mesh, options)
  } catch (err) {
    return { status: 503, type: TEXT, body: `${(err as Error).message}\n` }
  }
  return { status: 404, type: TEXT, body: 'here are /metrics and /healthz\n' }
}

function healthOf ({ monitor: { health: { level, reasons: found } }, status = 'joined' }: Observed, { health }: HandlerOptions): Answer {
  const { reasons: own = [], warnings = [], ...more } = health?.() ?? {}
  const cut = level === 'isolated' || status !== 'joined'
  const why = !cut || found.length > 0 ? found : [`the node is ${status}`]
  const reasons = own.length > 0 || !cut ? own : why
  const ok = reasons.length === 0
  return {
    status: ok ? 200 : 503,
    type: 'application/json',
    body: `${JSON.stringify({ ok, level, reasons, warnings: cut ? warnings : [...warnings, ...found], ...more })}\n`
  }
}
