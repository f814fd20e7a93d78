/** braid-mesh: `invoke` to a `handle`, as a user writes it. */
import { noise } from '@libp2p/noise'
import { createMesh } from '../../src/index.ts'
import type { Call } from '../lib/measure.ts'
import type { Mesh, MeshOptions } from '../../src/index.ts'

/** What a user gets by default is TLS. */
const encryption: MeshOptions = process.env['BENCH_ENCRYPTION'] === 'noise' ? { libp2p: { connectionEncrypters: [noise()] } } : {}

/** `options`: at both ends. `onMade` is given each of the two. */
export function mesh (options: () => Pick<MeshOptions, 'rpc' | 'monitor'>, onMade: (mesh: Mesh) => void = () => {}): { serve: () => Promise<string>, client: (address: string) => Promise<Call> } {
  return {
    serve: async () => {
      const mesh = await createMesh({ service: 'echo', listen: ['/ip4/127.0.0.1/tcp/0'], ...options(), ...encryption })
      onMade(mesh)
      mesh.rpc.handle('echo', args => args)
      return mesh.libp2p.getMultiaddrs()[0]?.toString() ?? ''
    },
    client: async address => {
      const mesh = await createMesh({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address], ...options(), ...encryption })
      onMade(mesh)
      await mesh.discovery.waitFor('echo', { signal: AbortSignal.timeout(5_000) })
      return (payload, done) => { mesh.rpc.invoke('echo', 'echo', payload).then(() => { done() }, done) }
    }
  }
}

export const { serve, client } = mesh(() => ({}))
