/** Every option of libp2p that a mesh sets, in one place, each with its reason. */
import { gossipsub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import { FaultTolerance } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { given } from '../util/given.ts'
import { MAX_GOSSIP } from '../wire/limits.ts'
import { dht } from './dht.ts'
import { muxer } from './muxer.ts'
import { repaired } from './under.ts'
import { platform } from '#transports'
import type { Walks } from './closest.ts'
import type { DhtRules } from './dht.ts'
import type { RelayOptions } from './relay-quota.core.ts'
import type { OnReservation } from './reachability.ts'
import type { Address, ConnectionEncrypter, ConnectionGater, PrivateKey, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

/** What differs between Node and browsers. */
export interface Platform {
  transports: (onReservation?: OnReservation) => Array<(components: any) => Transport>
  encrypters: () => Array<(components: any) => ConnectionEncrypter>
  /** Addresses to listen on when none are given. */
  listen: string[]
  /** Whether an address that cannot be listened on keeps the node from starting. */
  listenMustSucceed: boolean
  /** Which of its addresses a node tells. @default all */
  announceFilter?: (addresses: Multiaddr[]) => Multiaddr[]
  /** What went wrong at the start, for people. @default as libp2p says it */
  explain?: (error: unknown) => unknown
  dhtClient: boolean
  /** What a DHT lacks that puts much. */
  tuneDht?: (dht: Walks) => void
  maxConnections: (relay: boolean) => number
  relayServer: (options: RelayOptions) => (components: any) => unknown
  /** What keeps this platform from ever dialling such an address, for people; undefined when nothing does. */
  whyNot: (address: string) => string | undefined
}

/** A direct path to a peer is there, is gone (`direct` false), or could not be made (`error` says why). */
export interface PathChange {
  readonly peer: string
  readonly direct: boolean
  readonly error?: Error
}

export type OnPath = (change: PathChange) => void

/** A transport that makes direct paths beside the relayed ones: `webrtc()` of `braid-mesh/webrtc`. */
export interface DirectPaths {
  /** What a node listens on that listens on relays. */
  readonly listen: readonly string[]
  readonly transport: (onPath: OnPath) => (components: any) => Transport
  /** Which of a peer's addresses is dialled first. */
  readonly order: (a: Address, b: Address) => -1 | 0 | 1
}

export interface TransportInit {
  /** Name of the mesh; part of every protocol id. @default 'braid' */
  mesh?: string
  /** Multiaddrs to listen on. @default TCP and WebSockets on free ports; in browsers a reservation on a relay */
  listen?: readonly string[]
  /** Multiaddrs to tell others instead of those listened on; of more than 16 some of each kind are told. */
  announce?: readonly string[]
  /** Relay connections for peers that cannot be dialled. Node only. @default false */
  relay?: boolean | RelayOptions
  privateKey?: PrivateKey
  /** Only for libp2p's own peer store and DHT. @default memory */
  datastore?: NonNullable<Libp2pOptions['datastore']>
  /** What values the DHT stores, as `recordRules` of the records room. @default none */
  dht?: DhtRules
  /** Called when no relay has a place for this node, and with nothing once one has. */
  onReservation?: OnReservation
  /** Direct paths between nodes that only relays reach. @default none */
  webrtc?: DirectPaths
  /** Asked before each dial, whoever wants it. @default always true */
  mayDial?: () => boolean
  /** Called when a direct path comes or goes, or cannot be made. */
  onPath?: OnPath
  /**
   * libp2p options that win over the mesh's; services are added to the mesh's, and a connection gater denies more, never
   * less.
   */
  libp2p?: Libp2pOptions<any>
}

/** Ids of gossip messages before their signature is checked: publisher and sequence number, as StrictSign's own ids. */
function gossipMessageId (message: { from?: Uint8Array | undefined, seqno?: Uint8Array | undefined }): string {
  let id = ''
  for (const part of [message.from, message.seqno]) {
    for (const byte of part ?? []) id += String.fromCharCode(byte)
  }
  return id
}

function gossip (): ReturnType<typeof gossipsub> {
  return gossipsub({
    // A first publish before the first subscriber is known must not throw; delivery is never trusted to gossip alone.
    allowPublishToZeroTopicPeers: true,
    // Peers behind one address (loopback, NAT, a proxy) are normal here; by default the 11th is punished, the 15th mute.
    scoreParams: { IPColocationFactorWeight: 0 },
    // Without it the signature of every duplicate is verified again before it is seen to be one.
    fastMsgIdFn: gossipMessageId,
    // Unbounded by default: a peer that reads nothing would fill our memory.
    maxOutboundBufferSize: 4 * 1024 * 1024,
    maxInboundDataLength: 4 * MAX_GOSSIP,
    // Our relays set no limits, so a relayed connection may carry everything.
    runOnLimitedConnection: true
  })
}

/** The user's, which may be an instance of a class, and the mesh's own word about addresses. */
function gater ({ mayDial, libp2p }: TransportInit): ConnectionGater {
  const connectionGater = libp2p?.connectionGater ?? {}
  const denyDialMultiaddr = (address: Multiaddr): boolean | undefined | Promise<boolean> => mayDial?.() === false || connectionGater.denyDialMultiaddr?.(address)
  // it stands for an object of its own: a frozen one would have to give what it holds
  return new Proxy<ConnectionGater>({}, {
    get: (_, name: keyof ConnectionGater) => {
      if (name === 'denyDialMultiaddr') return denyDialMultiaddr
      const own = connectionGater[name]
      return typeof own === 'function' ? own.bind(connectionGater) : own
    }
  })
}

/** Who is reached over relays is reached directly by way of them. */
function listenOf ({ listen = platform.listen, webrtc }: TransportInit): string[] {
  const relayed = listen.some(address => address.endsWith('/p2p-circuit'))
  return [...listen, ...relayed ? webrtc?.listen.filter(address => !listen.includes(address)) ?? [] : []]
}

/** @throws what kept a node of these options from starting, for people */
export function startError (error: unknown): never {
  throw platform.explain?.(error) ?? error
}

/**
 * Options for `createLibp2p` that suit a mesh: transports, encryption, limits, identify, ping, the mesh's own DHT
 * (service key `dht`) and gossip (`pubsub`).
 *
 * @throws InvalidOptionsError - `relay` in a browser
 */
export function libp2pOptions (init: TransportInit = {}): Libp2pOptions<any> {
  const relay = init.relay != null && init.relay !== false
  const { services, connectionManager, connectionGater: _, ...extra } = init.libp2p ?? {}
  return {
    ...given({ privateKey: init.privateKey, datastore: init.datastore }),
    addresses: { listen: listenOf(init), announce: [...init.announce ?? []], ...given({ announceFilter: platform.announceFilter }) },
    transports: [...platform.transports(init.onReservation), ...init.webrtc != null ? [init.webrtc.transport(init.onPath ?? (() => {}))] : []],
    connectionEncrypters: platform.encrypters().map(repaired),
    streamMuxers: [muxer()],
    transportManager: { faultTolerance: platform.listenMustSucceed ? FaultTolerance.FATAL_ALL : FaultTolerance.NO_FATAL },
    connectionManager: {
      maxConnections: platform.maxConnections(relay),
      // Per second and host: 5 by default, so a mesh on one machine or behind one NAT could not form.
      inboundConnectionThreshold: 200,
      maxIncomingPendingConnections: 64,
      // Addresses are dialled one after the other; the defaults of 10 s and 6 s outlast every caller's patience.
      dialTimeout: 5_000,
      addressDialTimeout: 3_000,
      ...given({ addressSorter: init.webrtc?.order }),
      ...connectionManager
    },
    // Discovery's failure detector judges peers, and knows its own stalls; one late ping must not cut a busy connection.
    // The monitor stays as the last resort for peers outside the view, and seldom: each of its pings is a stream of its
    // own, a dozen messages, and over a relay twice as many.
    connectionMonitor: { pingInterval: 120_000, pingTimeout: { minTimeout: 15_000, maxTimeout: 60_000 } },
    // Browsers refuse ws:// and private addresses by default; which addresses are dialled is the mesh's decision.
    connectionGater: gater(init),
    ...extra,
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      dht: dht(init.mesh ?? 'braid', platform.dhtClient, init.dht, platform.tuneDht),
      pubsub: gossip(),
      ...(relay ? { relay: platform.relayServer(init.relay === true ? {} : init.relay as RelayOptions) } : {}),
      ...services
    }
  }
}
