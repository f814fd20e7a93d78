/** The connections of a node, as people speak of them. */
import type { PathInfo, PathTransport } from './index.ts'
import type { Connection } from '@libp2p/interface'

/** Where a path leads, as its address tells. */
export interface Route {
  readonly transport: PathTransport
  readonly relayed: boolean
  readonly relay?: string
}

const CIRCUIT = '/p2p-circuit'

/**
 * Of a multiaddr as text. WebRTC between two tabs is told by its relay's address and goes past it.
 */
export function routeOf (address: string): Route {
  const circuit = address.indexOf(CIRCUIT)
  if (circuit < 0) return { transport: transportOf(address), relayed: false }
  if (/\/webrtc(\/|$)/.test(address.slice(circuit))) return { transport: 'webrtc', relayed: false }
  const before = address.slice(0, circuit)
  const relay = /\/p2p\/([^/]+)$/.exec(before)?.[1]
  return { transport: transportOf(before), relayed: true, ...relay !== undefined && { relay } }
}

function transportOf (address: string): PathTransport {
  const parts = new Set(address.split('/'))
  if (parts.has('webrtc-direct')) return 'webrtc-direct'
  if (parts.has('webrtc')) return 'webrtc'
  if (parts.has('wss') || (parts.has('ws') && (parts.has('tls') || parts.has('https')))) return 'wss'
  if (parts.has('ws')) return 'ws'
  if (parts.has('memory')) return 'memory'
  return parts.has('tcp') ? 'tcp' : 'other'
}

/** What a path is, but for its round trip. */
export function describePath ({ remotePeer, remoteAddr, direction, encryption, multiplexer, timeline, streams }: Connection, nameOf: (peer: string) => string | undefined): PathInfo {
  const peer = remotePeer.toString()
  const name = nameOf(peer)
  const address = remoteAddr.toString()
  return {
    peer,
    ...name !== undefined && { name },
    address,
    ...routeOf(address),
    direction,
    ...encryption !== undefined && { encryption },
    ...multiplexer !== undefined && { multiplexer },
    since: timeline.open,
    streams: streams.length
  }
}
