/**
 * Many clients of a relay in one process: libp2p nodes with a tab's WebSockets and relay transports, Noise, ping and DHT
 * client, and a place on the relay. They have no WebRTC, and none of braid's rooms: no hello, no record, no heartbeat.
 */
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { dht } from '../../src/transport/dht.ts'
import { libp2pOptions } from '../../src/transport/index.ts'
import { relayTransport } from '../../src/transport/reserve.ts'
import { until } from '../../test/harness/until.ts'
import { runChild } from '../../test/harness/child.ts'
import type { PeerId } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Libp2p } from 'libp2p'

/** Clients that begin at once: a process with more of them is busy with handshakes, not with waiting. */
const TOGETHER = 10

interface Services extends Record<string, unknown> { ping: Ping }

async function client (mesh: string, relay: string): Promise<Libp2p<Services>> {
  const options = libp2pOptions({ mesh, listen: ['/p2p-circuit'] })
  const node = await createLibp2p<Services>({
    ...options,
    transports: [webSockets(), relayTransport()],
    connectionEncrypters: [noise()],
    services: { ...options.services, dht: dht(mesh, true) }
  } as unknown as Parameters<typeof createLibp2p<Services>>[0])
  // As a tab's bootstrap: again until it is there.
  await until(async () => node.dial(multiaddr(relay)), { timeout: 120_000, interval: 500 })
  await until(() => node.getMultiaddrs().length > 0, { timeout: 120_000, interval: 50, what: 'a place on the relay' })
  return node
}

/** Milliseconds there and back of each; NaN for one that did not answer. */
async function pings (from: readonly Libp2p<Services>[], target: (index: number) => PeerId | ReturnType<typeof multiaddr>, together: number): Promise<number[]> {
  const times: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < from.length; i = next++) {
      const begin = performance.now()
      try {
        await from[i]?.services.ping.ping(target(i), { signal: AbortSignal.timeout(10_000) })
        times.push(performance.now() - begin)
      } catch {
        times.push(Number.NaN)
      }
    }
  }
  await Promise.all(Array.from({ length: together }, worker))
  return times
}

runChild(async ({ mesh = 'bench', bootstrap = [], weight: count = 1 }) => {
  const [relay = ''] = bootstrap
  const nodes: Array<Libp2p<Services>> = []
  while (nodes.length < count) {
    nodes.push(...await Promise.all(Array.from({ length: Math.min(TOGETHER, count - nodes.length) }, async () => client(mesh, relay))))
  }
  const relayPeer = multiaddr(relay)
  return {
    id: nodes[0]?.peerId.toString() ?? '',
    addresses: nodes.map(node => node.peerId.toString()),
    status: 'joined',
    commands: {
      pingRelay: async (together: number) => pings(nodes, () => relayPeer, together),
      /** Each another client, through the relay; those addresses are of another process. */
      pingOthers: async (ids: string[], together: number) => pings(nodes, i => multiaddr(`${relay}/p2p-circuit/p2p/${ids[i % ids.length]}`), together),
      lost: () => nodes.filter(node => node.getMultiaddrs().length === 0 || node.getConnections().length === 0).length,
      stop: async () => { await Promise.all(nodes.map(async node => node.stop())) }
    }
  }
})
