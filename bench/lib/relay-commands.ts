/** What the relay of `bench/relay.ts` is asked. */
import { relayOf } from '../../src/transport/index.ts'
import type { Mesh } from '../../src/index.ts'
import type { Command } from '../../test/harness/child.ts'
import type { Ping } from '@libp2p/ping'

export function commands (mesh: Mesh): Record<string, Command> {
  const { ping } = mesh.libp2p.services as unknown as { ping: Ping }
  return {
    relayStats: () => relayOf(mesh.libp2p)?.stats(),
    connectionCount: () => mesh.libp2p.getConnections().length,
    /** Milliseconds until each of these answered a ping; NaN for one that did not. */
    pingAll: async (ids: string[], together: number) => {
      const peers = mesh.libp2p.getPeers().filter(peer => ids.includes(peer.toString()))
      const times = ids.slice(peers.length).map(() => Number.NaN)
      let next = 0
      await Promise.all(Array.from({ length: together }, async () => {
        for (let peer = peers[next++]; peer != null; peer = peers[next++]) {
          const begin = performance.now()
          try {
            await ping.ping(peer, { signal: AbortSignal.timeout(10_000) })
            times.push(performance.now() - begin)
          } catch {
            times.push(Number.NaN)
          }
        }
      }))
      return times
    }
  }
}
