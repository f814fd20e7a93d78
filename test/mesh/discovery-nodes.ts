/** Libp2p nodes with nothing of ours but discovery, on loopback TCP. */
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { discovery } from '../../src/discovery/index.ts'
import { until } from '../harness/until.ts'
import type { Discovery, DiscoveryInit } from '../../src/discovery/index.ts'
import type { Libp2p, PrivateKey } from '@libp2p/interface'

export interface NodeOptions extends DiscoveryInit {
  gossip?: boolean
  dht?: boolean
  listen?: boolean
  privateKey?: PrivateKey
}

export interface Node {
  id: string
  libp2p: Libp2p
  discovery: Discovery
}

const DHT = { protocol: '/braid/braid/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper, networkDialTimeout: { minTimeout: 500, maxTimeout: 3_000 } }

const common = {
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 1 << 20 } })],
  connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1_000, reconnectRetries: 0 },
  connectionMonitor: { enabled: false }
}

/** What a test made, so that it is stopped whatever happens. */
export class Nodes {
  readonly #all: Libp2p[] = []

  async add ({ gossip = true, dht = false, listen = true, privateKey, ...init }: NodeOptions = {}): Promise<Node> {
    const libp2p = await createLibp2p({
      ...common,
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
    return { id: libp2p.peerId.toString(), libp2p, discovery: (libp2p.services as unknown as { discovery: Discovery }).discovery }
  }

  /** A node of the DHT that knows nothing of discovery. */
  async bare ({ dht = false } = {}): Promise<Libp2p> {
    const libp2p = await createLibp2p({
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

/** Connect `from` with `to`. */
export async function join (from: Node, to: { libp2p: Libp2p } | Libp2p): Promise<void> {
  await from.libp2p.dial(('libp2p' in to ? to.libp2p : to).getMultiaddrs())
}

/** Every node has all of them in its view, and nobody else. */
export async function allSeeAll (nodes: readonly Node[], timeout = 15_000): Promise<void> {
  const ids = nodes.map(({ id }) => id).sort().join()
  await until(() => nodes.every(({ discovery }) => discovery.nodes().map(({ id }) => id).join() === ids), { timeout })
}
