/**
 * Real links rooms without a network: their questions travel through memory, late or not at all, and a group whose
 * leader changes when the test says so holds their register.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { defaultLogger } from '@libp2p/logger'
import { TypedEventEmitter } from 'main-event'
import { RegisterError, RpcError } from '../../src/errors.ts'
import { Erased } from '../../src/election/erased.core.ts'
import { links } from '../../src/links/index.ts'
import { tokenIdOf, tokenToBytes } from '../../src/wire/token.ts'
import type { Discovery, DiscoveryEvents, NodeInfo } from '../../src/discovery/index.ts'
import type { Election, ElectionEvents, FencingToken, GroupView, Register, RegisterEntry, RegisterRank, RegisterWrite } from '../../src/election/index.ts'
import type { Links, LinksOptions } from '../../src/links/index.ts'
import type { RankedRecord, RecordSource, Records } from '../../src/records/index.ts'
import type { Handler, HandlerContext, Rpc, TokenGuard, TokenRouter } from '../../src/rpc/index.ts'
import type { Random } from '../../src/util/random.core.ts'
import type { Startable } from '@libp2p/interface'

/** Whose table it is, is decided by the group. */
class FakeRegister implements Register {
  readonly #group: FakeMesh
  readonly #id: string

  constructor (group: FakeMesh, id: string) {
    this.#group = group
    this.#id = id
  }

  get ready (): boolean { return this.#group.leader === this.#id }
  get current (): boolean { return this.ready && this.#group.leased }

  async write (writes: readonly RegisterWrite[]): Promise<readonly RegisterRank[]> {
    const { term } = this.#group
    if (!this.ready) throw new RegisterError('not-leader', true)
    await this.#group.delay()
    if (!this.ready || term !== this.#group.term) throw new RegisterError('lost', false)
    const ranks = this.#group.commit(writes)
    await this.#group.delay()
    await this.#group.held
    // committed, and nobody was told
    if (!this.ready || term !== this.#group.term) throw new RegisterError('lost', false)
    return ranks
  }

  async read (key: string): Promise<RegisterEntry | undefined> {
    await this.#group.delay()
    if (!this.ready) throw new RegisterError('not-leader', true)
    return this.entry(key)
  }

  entry (key: string): RegisterEntry | undefined { return this.#group.table.get(key) }

  wasDeleted (key: string): boolean { return this.#group.erased.get(this.#id)?.has(key, performance.now()) ?? true }

  get size (): Register['size'] { return { entries: this.#group.table.size, bytes: 0 } }

  * entries (): IterableIterator<RegisterEntry> { yield * this.#group.table.values() }
}

export interface FakeNode {
  readonly id: string
  readonly links: Links & Startable
  readonly router: TokenRouter
  readonly guard: TokenGuard | undefined
  /** Where a call of the token would run; undefined when it runs nowhere. */
  call (token: string, tries?: number): Promise<string | undefined>
  /** Keys of the records that it keeps in the DHT. */
  readonly kept: ReadonlySet<string>
  stop (): void
}

interface Peer {
  readonly info: NodeInfo
  readonly handlers: Map<string, Handler>
  readonly discovery: TypedEventEmitter<DiscoveryEvents>
  readonly election: TypedEventEmitter<ElectionEvents>
  guard: TokenGuard | undefined
}

function infoOf (id: string, service: string | undefined): NodeInfo {
  return {
    id, service, name: id, incarnation: 1, seq: 1, state: 'up', roles: service === undefined ? [] : ['voter'], weight: 1024, load: { links: 0, inflight: 0 },
    methods: [], metadata: {}, addresses: []
  }
}

export class FakeMesh {
  readonly table = new Map<string, RegisterEntry>()
  /** What each voter knows of deletions from it. */
  readonly erased = new Map<string, Erased>()
  /** Messages between these two are lost. */
  readonly cut = new Set<string>()
  leader: string | undefined
  /** Times that somebody looked for a leader, which makes a group. */
  looked = 0
  /** No node of the service votes. */
  voterless = false
  /** What the DHT has of any link. */
  stored: Pick<RankedRecord, 'rank' | 'value'> | undefined
  /** The leader has a lease: it need not ask before it answers. */
  leased = true
  term = 0
  /** Until then no majority takes what is written, though the leader leads on. */
  held: Promise<void> | undefined
  /** A node puts something into its record. */
  update: () => void = () => {}
  /** Messages that were sent, as text: what must not be in them can be looked for. */
  readonly sent: string[] = []
  #index = 0
  readonly #random: Random
  /** Chance that a message, or its answer, is lost. */
  readonly #loss: number
  readonly #peers = new Map<string, Peer>()
  readonly #nodes: FakeNode[] = []

  constructor (random: Random, loss = 0) {
    this.#random = random
    this.#loss = loss
  }

  /** A turn or some. */
  async delay (): Promise<void> {
    for (let left = this.#random.int(3); left >= 0; left--) await new Promise(resolve => { setImmediate(resolve) })
  }

  commit (writes: readonly RegisterWrite[]): RegisterRank[] {
    for (const { key, ifRank } of writes) {
      const present = this.table.get(key)
      const fits = ifRank === undefined || (ifRank === null ? present === undefined : present !== undefined && present.rank.index === ifRank.index && present.rank.term === ifRank.term)
      if (!fits) throw new RegisterError('condition', true, present)
    }
    return writes.map(({ key, value }) => {
      const rank = { epoch: 1, term: this.term, index: ++this.#index }
      if (value !== undefined) this.table.set(key, { key, value, rank })
      else if (this.table.delete(key)) for (const erased of this.erased.values()) erased.add(key, performance.now())
      return rank
    })
  }

  /** The voter was started anew, with the table that it had stored. */
  restart (id: string): void {
    this.erased.set(id, new Erased(true, performance.now()))
  }

  /** Somebody else leads from now on, or nobody. */
  elect (id: string | undefined): void {
    this.term++
    this.#index = 0
    this.leader = id
    const detail: FencingToken = { epoch: 1, term: this.term }
    if (id !== undefined) this.#peers.get(id)?.election.safeDispatchEvent('register:ready', { detail })
  }

  /** The node is not seen any more, or again; with another incarnation it is a new one. */
  see (id: string, change: Partial<NodeInfo> | undefined): void {
    const peer = this.#peers.get(id) as Peer
    const before = peer.info
    if (change !== undefined) Object.assign(peer, { info: { ...before, ...change } })
    for (const { discovery } of this.#peers.values()) {
      if (change === undefined) discovery.safeDispatchEvent('node:remove', { detail: before })
      else discovery.safeDispatchEvent('node:update', { detail: peer.info })
    }
    if (change === undefined) this.gone.add(id)
    else this.gone.delete(id)
    this.#list = undefined
  }

  readonly gone = new Set<string>()
  #list: NodeInfo[] | undefined

  get infos (): NodeInfo[] {
    this.#list ??= [...this.#peers.values()].map(({ info }) => info).filter(({ id }) => !this.gone.has(id))
    return this.#list
  }

  stop (): void {
    for (const node of this.#nodes) node.stop()
  }

  add (id: string, service: string | undefined, options: LinksOptions = {}): FakeNode {
    const peer: Peer = { info: infoOf(id, service), handlers: new Map(), discovery: new TypedEventEmitter(), election: new TypedEventEmitter(), guard: undefined }
    this.#peers.set(id, peer)
    if (service !== undefined) this.erased.set(id, new Erased(false, performance.now()))
    this.#list = undefined
    let router: TokenRouter | undefined
    const lists = new Map<string, { of: NodeInfo[], list: NodeInfo[] }>()
    const nodes = (service?: string): readonly NodeInfo[] => {
      const key = service ?? ''
      let known = lists.get(key)
      if (known?.of !== this.infos) lists.set(key, known = { of: this.infos, list: this.infos.filter(info => service === undefined || info.service === service) })
      return known.list
    }
    const discovery = Object.assign(peer.discovery, {
      mesh: 'fake', nodes, node: (other: string) => this.infos.find(info => info.id === other), services: () => ['cart'],
      report: () => {}, update: () => { this.update() }, signed: (other: string) => this.infos.some(info => info.id === other) ? utf8ToBytes(`record of ${other}`) : undefined, renew: (above: number) => { this.see(id, { incarnation: above + 1 }) }
    }) as unknown as Discovery
    Object.defineProperty(discovery, 'self', { get: () => peer.info })
    const election = Object.assign(peer.election, {
      of: (): GroupView => {
        this.looked++
        if (this.voterless) return { state: 'observer', term: 0, voters: [], hint: 'target-0' }
        return {
          state: 'observer', term: this.term, voters: [...this.#peers.values()].filter(({ info }) => info.service !== undefined).map(({ info }) => info.id).sort(),
          ...this.leader !== undefined && { leader: { id: this.leader, token: { epoch: 1, term: this.term } } }
        }
      },
      register: new FakeRegister(this, id)
    }) as unknown as Election
    Object.defineProperty(election, 'leader', { get: () => this.leader === undefined ? undefined : { id: this.leader, token: { epoch: 1, term: this.term } } })
    const rpc = {
      tokenId: (token: string) => tokenIdOf(token, 'fake'),
      handle: (method: string, handler: Handler) => {
        peer.handlers.set(method, handler)
        return { close: () => { peer.handlers.delete(method) } }
      },
      invoke: async (_service: string, method: string, args: unknown, { node, signal }: { node: string, signal?: AbortSignal }) => {
        const given = Promise.withResolvers<never>()
        signal?.addEventListener('abort', () => { given.reject(new RpcError('CANCELLED', 'given up')) })
        return Promise.race([this.carry(id, node, method, args, signal), given.promise])
      },
      notify: async (_service: string, method: string, args: unknown, { node }: { node: string }) => { this.carry(id, node, method, args).catch(() => {}) },
      setTokenRouter: (given: TokenRouter) => { router = given },
      setTokenGuard: (given: TokenGuard) => { peer.guard = given },
      setLoadSource: () => {}
    } as unknown as Rpc
    const kept = new Set<string>()
    const records = {
      keepSource: ({ name, final = false }: RecordSource) => final ? kept.delete(name) : kept.add(name),
      get: async () => this.stored,
      withdrawSources: () => { kept.clear() },
      status: () => ({ kept: kept.size, stored: 0, waiting: kept.size })
    } as unknown as Records
    const room = links(options)({ logger: defaultLogger(), discovery, election, rpc, records }) as Links & Startable
    void room.start()
    const node: FakeNode = {
      id, links: room, kept,
      get router () { return router as TokenRouter },
      get guard () { return peer.guard },
      call: async (token, tries = 20) => this.#call(id, router as TokenRouter, tokenIdOf(token, 'fake'), nodes('cart'), tries),
      stop: () => { void room.stop() }
    }
    this.#nodes.push(node)
    return node
  }

  isCut (a: string, b: string): boolean {
    return this.cut.has(`${a} ${b}`) || this.cut.has(`${b} ${a}`)
  }

  /** A message of one node to another. */
  async carry (from: string, to: string, method: string, args: unknown, signal = new AbortController().signal): Promise<unknown> {
    this.sent.push(JSON.stringify([method, args]))
    await this.delay()
    const peer = this.#peers.get(to)
    const handler = peer?.handlers.get(method)
    if (handler === undefined || this.gone.has(to) || this.isCut(from, to) || this.#random.chance(this.#loss)) throw new RpcError('UNAVAILABLE', 'lost', { retryable: true })
    const answer: unknown = await handler(args, { caller: this.#peers.get(from)?.info, signal } as unknown as HandlerContext)
    this.sent.push(JSON.stringify(answer ?? null))
    await this.delay()
    // it ran, and nobody knows
    if (this.isCut(from, to) || this.#random.chance(this.#loss)) throw new RpcError('UNAVAILABLE', 'lost')
    return answer
  }

  /** As the rpc room does it. */
  async #call (from: string, router: TokenRouter, token: string, candidates: readonly NodeInfo[], tries: number): Promise<string | undefined> {
    let tried: Set<string> | undefined
    let next: { id: string, link?: Uint8Array | undefined } | undefined
    for (let i = 0; i < tries; i++) {
      try {
        next ??= await router.route(token, 'cart', candidates, tried)
      } catch {
        next = undefined
      }
      await this.delay()
      if (next === undefined || this.gone.has(next.id) || this.isCut(from, next.id)) {
        tried = next === undefined ? undefined : new Set([next.id])
        next = undefined
        continue
      }
      const { id, link } = next
      const admission = await this.#peers.get(id)?.guard?.admit(tokenToBytes(token), link, from)
      if (!(admission instanceof RpcError)) return id
      next = admission.code === 'FAILED_PRECONDITION' ? router.moved?.(token, 'cart', id, admission.details) : undefined
    }
    return undefined
  }
}
