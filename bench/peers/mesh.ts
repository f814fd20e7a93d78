/** braid-mesh: `invoke` to a `handle`, as a user writes it. */
import { noise } from '@libp2p/noise'
import { tls } from '@libp2p/tls'
import { createMesh } from '../../src/index.ts'
import type { Call } from '../lib/measure.ts'

const encryption = process.env['BENCH_ENCRYPTION'] === 'noise' ? [noise()] : [tls()]

export async function serve (): Promise<string> {
  const mesh = await createMesh({ service: 'echo', listen: ['/ip4/127.0.0.1/tcp/0'], libp2p: { connectionEncrypters: encryption } })
  mesh.rpc.handle('echo', args => args)
  return mesh.libp2p.getMultiaddrs()[0]?.toString() ?? ''
}

export async function client (address: string): Promise<Call> {
  const { rpc, discovery } = await createMesh({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address], libp2p: { connectionEncrypters: encryption } })
  await discovery.waitFor('echo', { signal: AbortSignal.timeout(5_000) })
  return (payload, done) => { rpc.invoke('echo', 'echo', payload).then(() => { done() }, done) }
}
