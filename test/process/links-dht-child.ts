/** Commands of a process with servers of the DHT: several nodes that keep its rules, or one that does not. */
import { sha256 } from '@noble/hashes/sha2.js'
import { peerIdFromString } from '@libp2p/peer-id'
import { compare } from 'uint8arrays/compare'
import { xor } from 'uint8arrays/xor'
import { createMesh } from '../../src/index.ts'
import { LyingDht } from '../harness/lying-dht.ts'
import { decodePlace } from '../../src/wire/links-codec.ts'
import { decodeRanked, decodeSignedRanked, encodeRecordKey } from '../../src/wire/record-codec.ts'
import type { Mesh } from '../../src/index.ts'
import type { Command } from '../harness/child.ts'
import type { ChildMeshOptions } from '../harness/ipc.ts'
import type { Lie } from '../harness/lying-dht.ts'
import type { Records } from '../../src/records/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** What the DHT says of a token: the index of its link's rank, and its node. */
export interface Stored { readonly rank: number, readonly node: string }

/** A rank as a number: a leader that stood still for long has a new term, in which indexes begin anew. */
const inOrder = (term: number, index: number): number => term * 1_000_000 + index

/** Milliseconds that a read takes at most, but for the last bit. */
const READ_TIMEOUT = 2_900

/** Servers that lie, of the twenty. */
const LIARS = 5

interface DhtEvent {
  readonly name: string
  readonly messageName?: string
  readonly record?: unknown
  readonly from?: unknown
}

interface Services {
  dht: {
    get (key: Uint8Array, options?: AbortOptions): AsyncIterable<DhtEvent>
    routingTable: { size: number }
    contentFetching: { getLocal (under: Uint8Array): Promise<{ value: Uint8Array }> }
    getClosestPeers (key: Uint8Array, options: AbortOptions): AsyncIterable<unknown>
  }
  records: Records
}

/** Who did not answer in the rush of a start is only asked again when it is met in a walk. */
async function walk (mesh: Mesh): Promise<void> {
  const events = servicesOf(mesh).dht.getClosestPeers(crypto.getRandomValues(new Uint8Array(32)), { signal: AbortSignal.timeout(5_000) })
  const iterator = events[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}

const servicesOf = ({ libp2p }: Mesh): Services => libp2p.services as unknown as Services

/** Of the link of nodes without a service. */
function keyOf ({ rpc }: Mesh, token: string): Uint8Array {
  return sha256(new TextEncoder().encode(['link', '', 'cart', rpc.tokenId(token)].join('\0')))
}

export function commands (first: Mesh): Record<string, Command> {
  const meshes = [first]
  let liar: LyingDht | undefined
  const at = (index: number): Mesh => meshes[index] as Mesh
  /** Of each read of a node the servers that had a record, since it was last asked for. */
  const heard = new Map<Mesh, Array<Set<string>>>()
  const serve = (mesh: Mesh): void => {
    mesh.rpc.handle('home', (_, { link }) => ({ id: mesh.id, rank: link?.rank }))
    const { dht } = servicesOf(mesh)
    const get = dht.get.bind(dht)
    dht.get = async function * (key, options) {
      const from = new Set<string>()
      heard.get(mesh)?.push(from)
      for await (const event of get(key, options)) {
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'GET_VALUE' && event.record != null) from.add(String(event.from))
        yield event
      }
    }
  }
  /** More than those that lie had what was read, if anything was: of fewer, which a busy machine may leave, all may lie. */
  const heardEnough = (mesh: Mesh): boolean => {
    const reads = heard.get(mesh) ?? []
    return reads.length === 0 || Math.max(...reads.map(({ size }) => size)) > LIARS
  }
  serve(first)
  return {
    /** Start more nodes here. Resolves to the ids of all. */
    more: async (options: readonly ChildMeshOptions[]) => {
      meshes.push(...await Promise.all(options.map(async one => {
        const mesh = await createMesh({ ...one, start: false })
        serve(mesh)
        await mesh.start()
        return mesh
      })))
      return meshes.map(({ id }) => id)
    },
    /** How many nodes each node sees. */
    seen: () => meshes.map(({ discovery }) => discovery.nodes().length),
    /** How many servers of the DHT a node knows. Below `wanted` it looks for more. */
    servers: async (index: number, wanted: number) => {
      const { routingTable } = servicesOf(at(index)).dht
      if (routingTable.size < wanted) await walk(at(index)).catch(() => {})
      return routingTable.size
    },
    lie: (lie: Lie): void => { liar = new LyingDht(servicesOf(first).dht, lie) },
    replay: (interval: number) => { liar?.replay(interval) },
    lies: () => ({ keys: liar?.keys, withheld: liar?.withheld, lied: liar?.lied }),
    link: async (index: number, token: string, node: string) => (await at(index).links.link(token, node, { replace: true, signal: AbortSignal.timeout(14_000) })).id,
    /** Links that wait to be put, by who leads here. */
    waiting: () => meshes.map(({ links }) => links.status().authority).find(authority => authority !== undefined)?.waiting,
    /** Records that were refused, as they were older than what is here. */
    stale: () => meshes.reduce((sum, mesh) => sum + (servicesOf(mesh).records.stats()['records_refused_stale'] ?? 0), 0),
    /** What each node has of a token as a server: its rank. */
    held: async (token: string, author: string) => Promise.all(meshes.map(async mesh => {
      const under = encodeRecordKey({ mesh: 'shop', author, key: keyOf(mesh, token) })
      const local = await servicesOf(mesh).dht.contentFetching.getLocal(under).catch(() => undefined)
      if (local === undefined) return 0
      const { term, index } = decodeRanked(decodeSignedRanked(local.value).record)
      return inOrder(term, index)
    })),
    /** Of each token the `count` nodes of these that are closest to its record by this author. */
    closest: (tokens: readonly string[], author: string, ids: readonly string[], count: number) => {
      const places = ids.map(id => ({ id, place: sha256(peerIdFromString(id).toMultihash().bytes) }))
      return tokens.map(token => {
        const key = sha256(encodeRecordKey({ mesh: 'shop', author, key: keyOf(first, token) }))
        return places.map(({ id, place }) => ({ id, distance: xor(key, place) })).sort((a, b) => compare(a.distance, b.distance)).slice(0, count).map(({ id }) => id)
      })
    },
    knows: (service: string, nodes: readonly string[]) => meshes.some(({ discovery }) => nodes.some(id => discovery.nodes(service).some(node => node.id === id))),
    /** A call at whatever home the token has, and what it ran under. */
    home: async (index: number, token: string) => {
      const mesh = at(index)
      for (;;) {
        heard.set(mesh, [])
        const home = await mesh.rpc.invoke('cart', 'home', undefined, { token, timeout: 10_000 })
        if (heardEnough(mesh)) return home
        mesh.links.resync()
      }
    },
    target: async (index: number, token: string) => (await at(index).links.target(token, 'cart', { signal: AbortSignal.timeout(14_000) }))?.id,
    /** What it knows of links is doubted, and read anew. */
    doubt: (index: number) => { at(index).links.resync() },
    stored: async (index: number, token: string, authors: readonly string[], servers: number): Promise<Stored | undefined> => {
      const mesh = at(index)
      const { routingTable } = servicesOf(mesh).dht
      for (;;) {
        const began = performance.now()
        heard.set(mesh, [])
        const record = await servicesOf(mesh).records.get(keyOf(mesh, token), { authors })
        // one that ends for lack of time has heard whom it has heard; of fewer servers, which are forgotten when they are slow, fewer may lie
        if (performance.now() - began > READ_TIMEOUT || (record !== undefined && !heardEnough(mesh))) continue
        if (routingTable.size < servers) {
          await walk(mesh).catch(() => {})
          continue
        }
        return record === undefined ? undefined : { rank: inOrder(record.rank[1], record.rank[2]), node: decodePlace(record.value).node }
      }
    }
  }
}
