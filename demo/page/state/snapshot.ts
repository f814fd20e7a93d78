/** What the page shows of a node. Stands in for the monitor's snapshot until that room is here. */
import type { ElectionState, Mesh, NodeInfo, TopicInfo } from '../../../src/index.ts'
import type { Connection } from '@libp2p/interface'

export interface PathInfo {
  readonly peer: string
  readonly address: string
  readonly transport: 'tcp' | 'ws' | 'wss' | 'webrtc' | 'webrtc-direct' | 'memory' | 'other'
  readonly relayed: boolean
  readonly relay?: string
  readonly direction: 'inbound' | 'outbound'
  readonly encryption?: string
  readonly multiplexer?: string
  readonly rtt?: number
  readonly since: number
  readonly streams: number
}

export interface ServiceInfo {
  readonly service: string
  readonly nodes: readonly string[]
  readonly state: ElectionState
  readonly leader?: { readonly id: string, readonly epoch: number, readonly term: number }
  readonly voters: readonly string[]
  readonly hint?: string
}

export interface MeshSnapshot {
  readonly nodes: readonly NodeInfo[]
  readonly paths: readonly PathInfo[]
  readonly services: readonly ServiceInfo[]
  readonly topics: readonly TopicInfo[]
}

function pathOf (connection: Connection): PathInfo {
  const address = connection.remoteAddr.toString()
  const direct = /\/webrtc(\/|$)/.test(address)
  const relayed = address.includes('/p2p-circuit') && !direct
  const relay = relayed ? /\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1] : undefined
  return {
    peer: connection.remotePeer.toString(),
    address,
    transport: direct ? 'webrtc' : /\/tls\/(sni\/[^/]+\/)?ws|\/wss/.test(address) ? 'wss' : address.includes('/ws') ? 'ws' : 'tcp',
    relayed,
    ...relay == null ? {} : { relay },
    direction: connection.direction,
    ...connection.encryption == null ? {} : { encryption: connection.encryption },
    ...connection.multiplexer == null ? {} : { multiplexer: connection.multiplexer },
    since: connection.timeline.open,
    streams: connection.streams.length
  }
}

function serviceOf (mesh: Mesh, service: string): ServiceInfo {
  const group = mesh.election.of(service)
  const { leader, hint } = group ?? {}
  return {
    service,
    nodes: mesh.discovery.nodes(service).map(({ id }) => id),
    state: group?.state ?? 'observer',
    voters: group?.voters ?? [],
    ...leader == null ? {} : { leader: { id: leader.id, ...leader.token } },
    ...hint == null ? {} : { hint }
  }
}

export function snapshotOf (mesh: Mesh): MeshSnapshot {
  return {
    nodes: mesh.discovery.nodes(),
    paths: mesh.libp2p.getConnections().filter(({ status }) => status === 'open').map(pathOf),
    services: mesh.discovery.services().map(service => serviceOf(mesh, service)),
    topics: mesh.pubsub.info().topics
  }
}
