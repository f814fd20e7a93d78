/** braid-mesh with every interceptor that ships, on both sides. */
import { auth, breaker, createMesh, credentials, metrics, retry, timeout, tracing } from '../../src/index.ts'
import type { Call } from '../lib/measure.ts'
import type { Interceptors } from '../../src/index.ts'

function all (): Interceptors {
  const trace = tracing({ sample: 0.01, onSpan: () => {} })
  const measure = metrics()
  return {
    client: [trace.client, measure.client, timeout(5_000), retry(), breaker(), credentials('secret')],
    server: [trace.server, measure.server, auth(given => given === 'secret')]
  }
}

export async function serve (): Promise<string> {
  const mesh = await createMesh({ service: 'echo', listen: ['/ip4/127.0.0.1/tcp/0'], rpc: { interceptors: all() } })
  mesh.rpc.handle('echo', args => args)
  return mesh.libp2p.getMultiaddrs()[0]?.toString() ?? ''
}

export async function client (address: string): Promise<Call> {
  const { rpc, discovery } = await createMesh({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address], rpc: { interceptors: all() } })
  await discovery.waitFor('echo', { signal: AbortSignal.timeout(5_000) })
  return (payload, done) => { rpc.invoke('echo', 'echo', payload).then(() => { done() }, done) }
}
