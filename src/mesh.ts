/** `createMesh()`: puts the rooms together. */
// first, as in rpc/serving.ts: 0.5 kB
import { rpc as rpcRoom } from './rpc/index.ts'
import { createLibp2p } from 'libp2p'
import { discovery as discoveryRoom } from './discovery/index.ts'
import { election as electionRoom } from './election/index.ts'
import { links as linksRoom } from './links/index.ts'
import { MeshNode } from './mesh-node.ts'
import { checkOptions } from './mesh-options.ts'
import { isPage } from './page-life.ts'
import { noMonitor } from './monitor/no-monitor.ts'
import { pubsub as pubsubRoom } from './pubsub/index.ts'
import { KEEPER, MEMBER } from './pubsub/roles.ts'
import { loadIdentity, memoryStorage, openStorage, raiseIncarnation } from './storage/index.ts'
import { libp2pOptions } from './transport/index.ts'
import { given } from './util/given.ts'
import { OWN } from './wire/names.ts'
import { remoteResign } from '#election'
import { keeping } from '#keeping'
import { recordRules, records as recordsRoom } from '#records'
import type { Discovery } from './discovery/index.ts'
import type { Election } from './election/index.ts'
import type { Links } from './links/index.ts'
import type { Mesh } from './mesh-interface.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { Pubsub } from './pubsub/index.ts'
import type { Rpc } from './rpc/index.ts'
import type { Identity, Storage } from './storage/index.ts'

function discoveryOf (options: MeshOptions, identity: Identity, storage: Storage): ReturnType<typeof discoveryRoom> {
  const { mesh, service, name, weight, metadata } = options
  return discoveryRoom({
    ...given({ mesh, service, name, weight, metadata }),
    roles: rolesOf(options),
    // A tab shares its core with a person's other tabs, and the Node peers watch more closely anyway.
    ...(isPage() ? { presign: true, detector: { probes: 1, tick: 500, calm: true, calmInterval: 10_000 } } : {}),
    incarnation: identity.incarnation,
    bootNonce: identity.bootNonce,
    // A crash before this is durable costs nothing: the next start meets the same record and raises it again.
    onIncarnation: seen => { raiseIncarnation(storage, seen).catch(() => {}) }
  })
}

/** What a node does beside its service; told with its first word, so that nobody has to wait for it. */
function rolesOf ({ relay, pubsub }: MeshOptions): string[] {
  const topics = isPage() || pubsub?.lazy === true ? [] : [MEMBER, ...keeping === undefined || pubsub?.keeper === false ? [] : [KEEPER]]
  return [...relay != null && relay !== false ? ['relay'] : [], ...topics]
}

/** To listen makes the node take part in its election, so this is called only when somebody wants to know. */
function onElection (election: Election, listener: (change: { State: 0 | 1 | 2, ID: string }) => void): void {
  election.addEventListener('braid.topic.election.change_state', ({ detail }) => { listener(detail) })
}

/** Likewise: links that nobody watches are not told of. */
function onLinks (links: Links | undefined, isLocal: boolean, listener: (change: { token: string, decided: boolean } | { ID: string, Num: number }) => void): void {
  // links of this process alone are nobody else's
  links?.addEventListener('link:remove', ({ detail: { token, decided } }) => { listener({ token, decided: decided && !isLocal }) })
  links?.addEventListener('braid.topic.linkcache.service_link_number', ({ detail }) => { listener(detail) })
}

/** What every node answers about the leader of its service. */
function answerFor ({ election: init }: MeshOptions, mesh: Mesh): void {
  const { rpc, election } = mesh
  rpc.handle('braid.leader', (service: unknown) => {
    const own = mesh.self.service ?? ''
    // whoever asks must not make this node follow, and call, whatever he names
    return typeof service === 'string' && service !== own ? election.peek(service) : election.of(own)
  }, OWN)
  if (remoteResign !== undefined) rpc.handle('braid.election.resign', remoteResign(election, init), OWN)
}

/** Begun early, as a page loads it over the network meanwhile; that it cannot is no reason to have no node. */
async function loadMonitor ({ monitor }: MeshOptions): Promise<typeof noMonitor> {
  if (monitor === false) return noMonitor
  return import('#monitor').then(({ monitor }) => monitor, () => noMonitor)
}

async function assemble (options: MeshOptions, storage: Storage): Promise<MeshNode> {
  const identity: Identity = await loadIdentity(storage, { now: Date.now(), ...given({ privateKey: options.privateKey }) })
  const { mesh, service, relay = false } = options
  const monitor = loadMonitor(options)
  const { secret, ...links } = options.links === false ? {} : options.links ?? {}
  const rules = recordRules({ ...given({ mesh }), isKnown: author => author === libp2p.services.discovery.self.id || libp2p.services.discovery.node(author) !== undefined })
  // The transport may have something to say while the node that it is for is made.
  const made: { node?: MeshNode } = {}
  const libp2p = await createLibp2p<{ rpc: Rpc, discovery: Discovery, election: Election, links?: Links, topics: Pubsub }>({
    ...libp2pOptions({
      ...given(options),
      privateKey: identity.privateKey,
      dht: rules,
      onReservation: reasons => { made.node?.tellReachability(reasons) },
      mayDial: () => made.node?.mayDial !== false,
      onPath: change => { made.node?.safeDispatchEvent('path', { detail: change }) },
      libp2p: {
        ...options.libp2p,
        services: {
          discovery: discoveryOf(options, identity, storage),
          election: electionRoom({
            ...options.election,
            storage,
            eager: options.election != null && options.election !== false,
            votes: service != null && options.election !== false && relay === false,
            bootstrapped: (options.bootstrap ?? []).length > 0,
            // It needs no answer: to be asked makes a node form its group, and then its record tells.
            onAsk: service => { libp2p.services.rpc.invoke(service, 'braid.leader', service).catch(() => {}) }
          }),
          // gossipsub has the key `pubsub`
          topics: pubsubRoom({
            lazy: isPage(),
            ...options.pubsub,
            storage,
            onElection: listener => { onElection(libp2p.services.election, listener) },
            onLinks: listener => { onLinks(libp2p.services.links, links.mode === 'local', listener) }
          }),
          rpc: rpcRoom({ counted: options.monitor !== false, lazy: isPage(), ...options.rpc, isolation: () => made.node?.connectivity.isolated, ...given({ secret }) }),
          records: recordsRoom({ rules }),
          ...(options.links === false ? {} : { links: linksRoom({ lazy: isPage(), ...links }) }),
          ...options.libp2p?.services
        }
      }
    }),
    start: false
  })
  const { rpc, discovery, election, topics, links: running = linksRoom()(libp2p) } = libp2p.services
  made.node = new MeshNode({ options, storage, libp2p, rpc, discovery, election, links: running, pubsub: topics, monitor: await monitor })
  answerFor(options, made.node)
  return made.node
}

/**
 * Make a node of a mesh and start it. Resolves as soon as the node has a path into the mesh, or when it is clear that
 * there is none for now (status `isolated`, the reasons in `connectivity` and in the event `isolated`, which comes right
 * after this): it goes on trying for ever.
 *
 * @throws InvalidOptionsError, InvalidNameError - before anything is opened
 * @throws StorageLockedError, StorageError
 * @throws ListenError - a port is taken, say
 * @throws the signal's reason
 *
 * @example
 *
 * ```ts
 * await using mesh = await createMesh({ mesh: 'shop', service: 'login', listen: ['/ip4/127.0.0.1/tcp/9001'] })
 * mesh.rpc.handle('user.password', async ({ name }) => `hello ${name}`)
 * ```
 */
export async function createMesh (options: MeshOptions = {}): Promise<Mesh> {
  checkOptions(options)
  options.signal?.throwIfAborted()
  const storage = options.storage == null ? memoryStorage() : await openStorage(options.storage, given({ tabs: options.tabs }))
  let mesh: MeshNode | undefined
  try {
    const node = mesh = await assemble(options, storage)
    if (options.start !== false) {
      await node.start(given({ signal: options.signal }))
      // When the caller has it, and has said what it listens to.
      setTimeout(() => { node.tellAgain() })
    }
    return node
  } catch (error) {
    await mesh?.stop()
    await storage.close()
    throw error
  }
}
