/** Libp2p nodes with nothing of ours but discovery, on loopback TCP. */
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { discovery } from '../../src/discovery/index.ts'
import { guardedYamux } from '../harness/guarded-yamux.ts'
import { until } from '../harness/until.ts'
import type { Discovery, DiscoveryInit } from '../../src/discovery/index.ts'
import type { PeerStreamsComponents } from '../../src/streams/index.ts'
import type { Libp2p, PrivateKey } from '@libp2p/interface'

export interface NodeOptions extends DiscoveryInit {
  gossip?: boolean
  dht?: boolean
  listen?: boolean
  privateKey?: PrivateKey
}

export interface Node {
  id: string
  /** While true the node can neither dial nor be dialled. */
  isolated: boolean
  libp2p: Libp2p
  discovery: Discovery
}

const DHT = { protocol: '/braid/braid/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper, networkDialTimeout: { minTimeout: 500, maxTimeout: 3_000 } }

const common = {
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [guardedYamux({ streamOptions: { maxStreamWindowSize: 1 << 20 } })],
  connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1_000, reconnectRetries: 0 },
  connectionMonitor: { enabled: false }
}

/** What a test made, so that it is stopped whatever happens. */
export class Nodes {
  readonly #all: Libp2p[] = []

  async add ({ gossip = true, dht = false, listen = true, privateKey, ...init }: NodeOptions = {}): Promise<Node> {
    const gate = { isolated: false }
    const libp2p: Libp2p<any> = await createLibp2p<any>({
      ...common,
      connectionGater: { denyInboundConnection: () => gate.isolated, denyDialMultiaddr: () => gate.isolated },
      ...(privateKey != null ? { privateKey } : {}),
      addresses: { listen: listen ? ['/ip4/127.0.0.1/tcp/0'] : [] },
      services: {
        discovery: discovery(init),
        ...(gossip || dht ? { identify: identify() } : {}),
        ...(gossip ? { pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, scoreParams: { IPColocationFactorWeight: 0 } }) } : {}),
        ...(dht ? { ping: ping(), dht: kadDHT(DHT) } : {})
      }
    })
    this.#all.push(libp2p)
    return Object.assign(gate, { id: libp2p.peerId.toString(), libp2p, discovery: libp2p.services.discovery as Discovery })
  }

  /** A node of the DHT that knows nothing of discovery. */
  async bare ({ dht = false } = {}): Promise<Libp2p> {
    const libp2p: Libp2p<any> = await createLibp2p<any>({
      ...common,
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      services: { identify: identify(), ping: ping(), ...(dht ? { dht: kadDHT(DHT) } : {}) }
    })
    this.#all.push(libp2p)
    return libp2p
  }

  async stop (): Promise<void> {
    await Promise.all(this.#all.splice(0).map(async libp2p => { await libp2p.stop() }))
  }
}

interface Internals extends PeerStreamsComponents {
  transportManager: { stop: () => Promise<void> }
}

/** What libp2p gives its services. */
export function internals (libp2p: Libp2p): Internals {
  return (libp2p as unknown as { components: Internals }).components
}

/** What a SIGKILL looks like to the others: no goodbye, connections reset, nobody listens. */
export async function crash ({ libp2p, discovery }: Node): Promise<void> {
  discovery.leave = async () => {}
  await internals(libp2p).transportManager.stop()
  for (const connection of libp2p.getConnections()) connection.abort(new Error('crashed'))
  await libp2p.stop()
}

/** What a cut cable looks like, once TCP has given up. */
export function isolate (node: Node): void {
  node.isolated = true
  for (const connection of node.libp2p.getConnections()) connection.abort(new Error('cut'))
}

/** Connect `from` with `to`. */
export async function join (from: Node, to: { libp2p: Libp2p } | Libp2p): Promise<void> {
  await from.libp2p.dial(('libp2p' in to ? to.libp2p : to).getMultiaddrs())
}

/** Every node has all of them in its view, and nobody else. */
export async function allSeeAll (nodes: readonly Node[], timeout = 40_000): Promise<void> {
  const ids = nodes.map(({ id }) => id).sort().join()
  await until(() => nodes.every(({ discovery }) => discovery.nodes().map(({ id }) => id).join() === ids), { timeout })
}
