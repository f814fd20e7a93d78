/** What `createMesh` takes, its defaults and its refusals. */
import { resolveElectionOptions } from './election/options.ts'
import { resolveLinksOptions } from './links/options.ts'
import { checkPubsubOptions } from './pubsub/options.ts'
import { resolveRpcOptions } from './rpc/options.ts'
import { parseAddress } from './transport/index.ts'
import { checkInteger, refuse } from './util/refuse.ts'
import { MAX_TABS, MAX_WEIGHT } from './wire/limits.ts'
import { checkName } from './wire/names.ts'
import { checkSpelling } from '#spelling'
import type { ElectionOptions } from './election/index.ts'
import type { LinksOptions } from './links/index.ts'
import type { MonitorOptions } from './monitor/index.ts'
import type { PubsubInit } from './pubsub/index.ts'
import type { RpcInit } from './rpc/index.ts'
import type { DirectPaths, RelayOptions } from './transport/index.ts'
import type { PrivateKey } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

export interface MeshOptions {
  /** Name of the mesh: nodes of other meshes are never seen. @default 'braid' */
  mesh?: string | undefined
  /** The service this node is an instance of. Without one it is a pure client: it calls and is in no balancer. */
  service?: string | undefined
  /** A name for people. @default the end of the node's id */
  name?: string | undefined
  /** Multiaddrs to listen on. @default TCP and WebSockets on free ports of all interfaces; in browsers a relay's */
  listen?: readonly string[] | undefined
  /** Multiaddrs to tell others instead of those listened on, as behind NAT. */
  announce?: readonly string[] | undefined
  /** Multiaddrs of nodes of the mesh, any of which is the way in. None: this is the mesh's first node. */
  bootstrap?: readonly string[] | undefined
  /** Relay connections for nodes that cannot be dialled, browser tabs above all. Node only. @default false */
  relay?: boolean | RelayOptions | undefined
  /**
   * Direct paths to nodes that are reached over a relay, above all between browser tabs: `webrtc()` of
   * `braid-mesh/webrtc`. @default none: what goes between two tabs goes through their relay
   */
  webrtc?: DirectPaths | undefined
  /**
   * Directory (browser: database name) for identity and whatever must survive a restart. Each browser tab has a place of its
   * own in it, and the same one after a reload; a directory belongs to one node. @default memory
   */
  storage?: string | undefined
  /**
   * Browser only: how many tabs may have a place in `storage` at once; 1: a second one is refused with StorageLockedError.
   * @default 64
   */
  tabs?: number | undefined
  /** Ed25519 identity. @default the one in `storage`, else a fresh one */
  privateKey?: PrivateKey | undefined
  /** Only for libp2p's own peer store and DHT. @default memory */
  datastore?: NonNullable<Libp2pOptions['datastore']> | undefined
  /** Share of the calls, relative to the other nodes of the service: 1 to 1048576. @default 1024 */
  weight?: number | undefined
  /** Facts for others, as `{ zone: 'a' }`. */
  metadata?: Readonly<Record<string, string>> | undefined
  /** Start at once. @default true */
  start?: boolean | undefined
  /** Aborts the start. */
  signal?: AbortSignal | undefined
  /** How this node calls, and what it takes of its callers. */
  rpc?: Omit<RpcInit, 'secret' | 'isolation'> | undefined
  /** How this node publishes, and what it keeps for others. */
  pubsub?: Omit<PubsubInit, 'storage' | 'gossipsub' | 'onElection' | 'onLinks'> | undefined
  /**
   * How this node takes part in the election of its service's leader. Given: it does so at once; left out: as soon as
   * something needs the leader. False: never, as relays and browser tabs.
   */
  election?: ElectionOptions | false | undefined
  /**
   * How tokens stay on their nodes; false: they go where rendezvous says. `secret`: key of the token ids, the same on all
   * nodes. Without one, guessable tokens can be guessed.
   */
  links?: LinksOptions & { secret?: string } | false | undefined
  /** Watch this node and count its calls; false: neither, and `mesh.monitor` has nothing to tell. @default on */
  monitor?: MonitorOptions | false | undefined
  /** libp2p options that win over the mesh's; services are added, and a `connectionGater` denies more, never less. */
  libp2p?: Libp2pOptions<any> | undefined
}

/** `off`: what else than options there may be. */
function checkGroup<T extends object> (name: string, value: T | false | undefined, check?: (value: T) => unknown, off = ', or false'): void {
  if (value === undefined || (off !== '' && value === false)) return
  refuse(typeof value !== 'object' || value === null, `${name}: expected an object of options${off}`)
  check?.(value as T)
}

function checkLinks (links: LinksOptions & { secret?: string }): void {
  refuse(links.secret !== undefined && (typeof links.secret !== 'string' || links.secret === ''), 'links: secret: expected a text')
  resolveLinksOptions(links)
}

/**
 * Refuses what cannot work, in plain words, before anything is opened.
 *
 * @throws InvalidOptionsError, InvalidNameError
 */
export function checkOptions (options: MeshOptions): void {
  checkGroup('createMesh', options, undefined, '')
  checkSpelling?.(options)
  if (options.mesh !== undefined) checkName('mesh', options.mesh)
  if (options.service !== undefined) checkName('service', options.service)
  refuse(options.name !== undefined && (typeof options.name !== 'string' || options.name.length > 128),
    'name: expected at most 128 characters')
  const { weight, webrtc } = options
  refuse(webrtc !== undefined && typeof (webrtc as Partial<DirectPaths> | null)?.transport !== 'function',
    "webrtc: expected webrtc() of 'braid-mesh/webrtc'")
  checkInteger('weight', weight, 1, MAX_WEIGHT)
  for (const name of ['listen', 'announce', 'bootstrap'] as const) {
    const { [name]: value = [] } = options
    refuse(!Array.isArray(value), `${name}: expected an array`)
    for (const address of value) parseAddress(name, address)
  }
  refuse(options.storage !== undefined && (typeof options.storage !== 'string' || options.storage === ''),
    'storage: expected the path of a directory, or in a browser the name of a database')
  checkInteger('tabs', options.tabs, 1, MAX_TABS)
  checkGroup('rpc', options.rpc, resolveRpcOptions, '')
  checkGroup('election', options.election, resolveElectionOptions)
  checkGroup('links', options.links, checkLinks)
  checkGroup('pubsub', options.pubsub, checkPubsubOptions, '')
  checkGroup('monitor', options.monitor ?? undefined)
  const metadata: unknown = options.metadata ?? {}
  refuse(typeof metadata !== 'object' || Object.values(metadata as object).some(value => typeof value !== 'string'),
    'metadata: expected an object of strings')
}
