/** Nodes with a DHT and records, and nothing else, in one process. */
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import { recordRules, records } from '../../src/records/index.ts'
import * as late from '../../src/records/late.ts'
import { Network } from '../../src/testing/network.ts'
import { reuseWalks } from '../../src/transport/closest.ts'
import { muxer } from '../../src/transport/muxer.ts'
import { dht } from '../../src/transport/dht.ts'
import { until } from '../harness/until.ts'
import type { RankedRecord, Records, RecordRules, RecordRulesInit } from '../../src/records/index.ts'
import type { SingleKadDHT } from '@libp2p/kad-dht'
import type { AbortOptions, Libp2p, PrivateKey, ServiceMap } from '@libp2p/interface'
import type * as Code from '#ranked'

const MESH = 'shop'
const PROTOCOL = `/braid/${MESH}/kad/1.0.0`

export interface Node {
  readonly id: string
  readonly host: string
  readonly libp2p: Libp2p
  readonly dht: SingleKadDHT & { getClosestPeers: (key: Uint8Array, options: AbortOptions) => AsyncIterable<unknown> }
  readonly server: boolean
}

export interface RecordNode extends Node {
  readonly records: Records
  readonly rules: RecordRules
  readonly key: PrivateKey
}

interface Answer {
  type: string
  key: Uint8Array
  closer: never[]
  providers: never[]
  record?: Uint8Array
}

interface Handler {
  handle: (from: unknown, message: { key: Uint8Array }) => Promise<unknown>
}

export interface StockNode extends Node {
  /** What it answers to a question for a value; undefined: what it has. */
  answer: ((key: Uint8Array) => Promise<Answer>) | undefined
}

/** The answer that has `record`, which is libp2p's envelope of a value or is not. */
export function answerOf (key: Uint8Array, record?: Uint8Array): Answer {
  return { type: 'GET_VALUE', key, closer: [], providers: [], ...record !== undefined && { record } }
}

/** Runs an operation of the DHT, whatever becomes of it. */
export async function drain (events: AsyncIterable<unknown>): Promise<void> {
  const iterator = events[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}

/** A read that took longer ended for lack of time, which it has 3 s of. */
const READ_TIMEOUT = 2_900
const READS = 5

/** What a node finds when it has heard enough: one that ends for lack of time tells what it has heard, on a busy machine nothing. */
export async function read ({ records }: { records: Pick<Records, 'get'> }, key: Uint8Array, authors: readonly string[]): Promise<RankedRecord | undefined> {
  for (let i = 1; ; i++) {
    const began = performance.now()
    const found = await records.get(key, { authors, signal: AbortSignal.timeout(60_000) })
    if (performance.now() - began <= READ_TIMEOUT || i === READS) return found
  }
}

export class RecordNodes {
  readonly network = new Network()
  readonly #all: Node[] = []

  /** A node with records; `client`: it puts and gets, and serves nobody, as a browser tab. `load`: it has what a page has. */
  async add ({ client = false, load, ...init }: RecordRulesInit & { client?: boolean, load?: () => Promise<typeof Code> } = {}): Promise<RecordNode> {
    const room = load === undefined
      ? { recordRules, records }
      : { recordRules: (init: RecordRulesInit) => late.recordRules(init, load), records: late.records } as unknown as { recordRules: typeof recordRules, records: typeof records }
    const rules = room.recordRules({ mesh: MESH, ...init })
    let key: PrivateKey | undefined
    const peek = (components: { privateKey: PrivateKey }): object => {
      key = components.privateKey
      return {}
    }
    const node = await this.#start({ dht: dht(MESH, client, rules, reuseWalks), records: room.records({ rules }), peek }, !client)
    return { ...node, records: (node.libp2p.services as unknown as { records: Records }).records, rules, key: key as unknown as PrivateKey }
  }

  /** A node with js-libp2p's own DHT as it is: it takes and serves whatever comes, until it is told to do worse. */
  async stock (): Promise<StockNode> {
    const node = await this.#start({
      dht: kadDHT({
        protocol: PROTOCOL,
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        initialQuerySelfInterval: 100,
        validators: { braid: () => {} },
        selectors: { braid: () => 0 }
      })
    }, true)
    const behaviour: Pick<StockNode, 'answer'> = { answer: undefined }
    const { handlers } = (node.dht as unknown as { rpc: { handlers: Record<string, Handler> } }).rpc
    const honest = handlers['GET_VALUE'] as Handler
    handlers['GET_VALUE'] = { handle: async (from, message) => behaviour.answer === undefined ? honest.handle(from, message) : behaviour.answer(message.key) }
    return Object.assign(behaviour, node)
  }

  async #start (services: Record<string, any>, server: boolean): Promise<Node> {
    const host = `node-${this.#all.length}`
    const libp2p = await createLibp2p<ServiceMap>({
      addresses: { listen: [`/memory/${host}`] },
      transports: [this.network.transport(host)],
      connectionEncrypters: [noise()],
      streamMuxers: [muxer()],
      connectionGater: { denyDialMultiaddr: () => false },
      connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1_000, reconnectRetries: 0 },
      connectionMonitor: { enabled: false },
      services: { identify: identify(), ping: ping(), ...services }
    })
    const node = { id: libp2p.peerId.toString(), host, libp2p, dht: libp2p.services['dht'] as Node['dht'], server }
    this.#all.push(node)
    return node
  }

  /** Connect everybody with everybody, and wait until all know all servers. */
  async meet (): Promise<void> {
    const running = this.#all.filter(({ libp2p }) => libp2p.status === 'started')
    for (const [i, node] of running.entries()) {
      // Two that dial each other at once, as the DHT's own walks may, can close each other's connection.
      await Promise.all(running.slice(i + 1).map(async other => until(
        async () => node.libp2p.dial(other.libp2p.getMultiaddrs()).then(() => true, () => false),
        { timeout: 40_000, what: () => `${node.host} has a connection with ${other.host}` })))
    }
    const servers = running.filter(({ server }) => server)
    const lacking = (): Node[] => running.filter(({ dht, server }) => dht.routingTable.size < servers.length - (server ? 1 : 0))
    // Who did not answer in the rush is only asked again when it is met in a walk.
    await until(async () => {
      await Promise.all(lacking().map(async ({ dht }) => drain(dht.getClosestPeers(crypto.getRandomValues(new Uint8Array(32)), { signal: AbortSignal.timeout(2_000) })).catch(() => {})))
      return lacking().length === 0
    }, { timeout: 40_000, interval: 50, what: () => `all know ${servers.length} servers: ${running.map(({ dht }) => dht.routingTable.size).join()}` })
  }

  /** Gone from one moment to the next. */
  async kill (node: Node): Promise<void> {
    this.network.kill(node.host)
    await node.libp2p.stop()
  }

  async stop (): Promise<void> {
    await Promise.all(this.#all.splice(0).map(async ({ libp2p }) => { await libp2p.stop() }))
  }
}
