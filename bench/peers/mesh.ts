/** braid-mesh: `invoke` to a `handle`, as a user writes it. */
import { noise } from '@libp2p/noise'
import { createMesh } from '../../src/index.ts'
import type { Call } from '../lib/measure.ts'
import type { MeshOptions } from '../../src/index.ts'

/** What a user gets by default is TLS. */
const encryption: MeshOptions = process.env['BENCH_ENCRYPTION'] === 'noise' ? { libp2p: { connectionEncrypters: [noise()] } } : {}

/** `rpc`: its options at both ends. */
export function mesh (rpc: () => NonNullable<MeshOptions['rpc']>): { serve: () => Promise<string>, client: (address: string) => Promise<Call> } {
  return {
    serve: async () => {
      const mesh = await createMesh({ service: 'echo', listen: ['/ip4/127.0.0.1/tcp/0'], rpc: rpc(), ...encryption })
      mesh.rpc.handle('echo', args => args)
      return mesh.libp2p.getMultiaddrs()[0]?.toString() ?? ''
    },
    client: async address => {
      const mesh = await createMesh({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address], rpc: rpc(), ...encryption })
      await mesh.discovery.waitFor('echo', { signal: AbortSignal.timeout(5_000) })
      return (payload, done) => { mesh.rpc.invoke('echo', 'echo', payload).then(() => { done() }, done) }
    }
  }
}

export const { serve, client } = mesh(() => ({}))
