import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { peerStreams } from '../../src/streams/index.ts'
import { guardedYamux } from '../harness/guarded-yamux.ts'
import type { PeerStreams, PeerStreamsComponents, PeerStreamsInit } from '../../src/streams/index.ts'
import type { Libp2p } from '@libp2p/interface'

export const PROTOCOL = '/braid/test/streams/1.0.0'
export const TCP = '/ip4/127.0.0.1/tcp/0'
export const WS = '/ip4/127.0.0.1/tcp/0/ws'

export interface StreamsNode {
  libp2p: Libp2p
  streams: PeerStreams
}

/** A libp2p node with the muxer's windows as the mesh sets them, and one protocol of frames on it. */
export async function streamsNode (init: Partial<PeerStreamsInit> = {}, listen: string = TCP): Promise<StreamsNode> {
  const libp2p = await createLibp2p({
    addresses: { listen: [listen] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [guardedYamux({ streamOptions: { maxStreamWindowSize: 1 << 20 } })],
    connectionManager: { inboundConnectionThreshold: Infinity },
    connectionMonitor: { enabled: false },
    services: {
      streams: (components: PeerStreamsComponents) => peerStreams(components, { protocol: PROTOCOL, onFrame: () => {}, ...init })
    }
  })
  return { libp2p, streams: libp2p.services.streams }
}

export async function connect (from: StreamsNode, to: StreamsNode): Promise<void> {
  await from.libp2p.peerStore.merge(to.libp2p.peerId, { multiaddrs: to.libp2p.getMultiaddrs() })
}
