/** braid-mesh with every interceptor that ships, on both sides. */
import { auth, breaker, credentials, metrics, retry, timeout, tracing } from '../../src/index.ts'
import { mesh } from './mesh.ts'
import type { Interceptors } from '../../src/index.ts'

function all (): Interceptors {
  const trace = tracing({ sample: 0.01, onSpan: () => {} })
  const measure = metrics()
  return {
    client: [trace.client, measure.client, timeout(5_000), retry(), breaker(), credentials('secret')],
    server: [trace.server, measure.server, auth(given => given === 'secret')]
  }
}

export const { serve, client } = mesh(() => ({ rpc: { interceptors: all() } }))
