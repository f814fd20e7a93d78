/**
 * The room at work: this node as a caller, as the node that is called, and as the leader that decides. Loaded when it is
 * needed; see service.ts.
 */
import { LinkError, MeshStoppedError, RpcError } from '../errors.ts'
import { pause } from '../util/timeouts.ts'
import { checkName } from '../wire/names.ts'
import { Archive } from './archive.ts'
import { Asker } from './asker.ts'
import { questionOf } from './decide.core.ts'
import { isExhausted, overtaken, tryAgain, unsure } from './doubt.ts'
import { Finder } from './finder.ts'
import { LocalKeeper } from './local.ts'
import { isCount } from './messages.core.ts'
import { COUNT, DOWN } from './methods.core.ts'
import { Owner } from './owner.ts'
import { parentOf } from './parent.core.ts'
import { NO_RANK } from './rank.core.ts'
import { Seat } from './seat.ts'
import type { LinkOptions, LinksStatus } from './index.ts'
import type { Announcer } from './announcer.ts'
import type { Known } from './cache.core.ts'
import type { Question } from './decide.core.ts'
import type { Answer } from './messages.core.ts'
import type { ResolvedLinksOptions } from './options.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election, GroupView } from '../election/index.ts'
import type { Records } from '../records/index.ts'
import type { Handler, HandlerContext, Registration, Rpc, TokenId } from '../rpc/index.ts'
import type { AbortOptions, Logger } from '@libp2p/interface'

/** Milliseconds that an operation waits for a leader when its signal says nothing else. */
const PATIENCE = 5_000
/** Milliseconds that a node which is asked about an unknown token waits for its leader. */
const CHECK_PATIENCE = 750
/** Milliseconds between two looks at what time has brought. */
const TICK = 500
/** Milliseconds to wait for the record of a node that the leader knows. */
const RECORD_TIMEOUT = 1_000

/** Of a link that was to be made. */
const ENDED = 'there is no such link, and nobody can tell whether it was made and has ended since'

/** What a room is made of, and where. */
export interface RoomInit {
  readonly options: ResolvedLinksOptions
  readonly discovery: Discovery
  readonly election: Election
  readonly rpc: Rpc
  readonly records: Records | undefined
  readonly announcer: Announcer
  /** The service that a node was of which is gone. */
  readonly former: (node: string) => string | undefined
  readonly log: Logger
}

interface Parts extends RoomInit {
  readonly asker: Asker
  readonly archive: Archive
  readonly finder: Finder
  readonly owner: Owner
  readonly seat: Seat | undefined
  readonly local: LocalKeeper | undefined
  readonly timer: ReturnType<typeof setInterval>
}

export class Room {
  readonly #init: RoomInit
  readonly #options: ResolvedLinksOptions
  readonly #parts: Parts
  /** What others may ask of a node of a service, by method. */
  readonly #methods = new Map<string, Handler>()
  #stopped = false

  constructor (init: RoomInit) {
    this.#init = init
    this.#options = init.options
    this.#parts = this.#create()
  }

  /** Decides the nodes of tokens. */
  get router (): Finder {
    return this.#parts.finder
  }

  /** Judges calls of tokens that come here. */
  get guard (): Owner {
    return this.#parts.owner
  }

  stop (): void {
    this.#stopped = true
    const { timer, seat, asker } = this.#parts
    clearInterval(timer)
    seat?.stop()
    asker.stop()
  }

  #create (): Parts {
    const { discovery, election, rpc, records, announcer } = this.#init
    const { self } = discovery
    const options = this.#options
    const now = (): number => performance.now()
    const parent = parentOf(self.service, options.scope)
    const archive = new Archive(records, now)
    const local = options.mode === 'local' ? this.#createLocal(discovery, now) : undefined
    const of = (service: string): GroupView | undefined => {
      const view = election.of(service)
      if (view !== undefined) archive.learn(service, view.voters)
      return view
    }
    const asker: Asker = new Asker({ self: self.id, discovery, of, rpc, own: async (...asked) => this.#parts.seat?.ask(...asked) ?? [], now })
    const finder = new Finder({
      options, discovery, of, asker, archive, now,
      parent,
      local,
      onLink: (service, token, link, before) => { announcer.learnt(service, parent, token, link, before) }
    })
    const owner = this.#createOwner(discovery, asker, of)
    const seat = self.service === undefined || local !== undefined ? undefined : this.#createSeat(self.service, { archive, asker, owner, now })
    const timer = setInterval(() => {
      seat?.tick()
      local?.tick()
    }, TICK)
    if (typeof timer === 'object') timer.unref()
    return { ...this.#init, asker, archive, finder, owner, seat, local, timer }
  }

  #createLocal (discovery: Discovery, now: () => number): LocalKeeper {
    return new LocalKeeper({ discovery, ttl: this.#options.ttl, now, onChange: (service, change) => { this.#init.announcer.changed(service, change, true) } })
  }

  #createOwner (discovery: Discovery, asker: Asker, of: Election['of']): Owner {
    return new Owner({
      self: () => discovery.self,
      open: this.#options.ownership === 'open',
      group: () => discovery.self.service === undefined ? undefined : of(discovery.self.service),
      mayRun: () => this.#parts.seat?.mayRun ?? this.#options.ownership === 'open',
      parentOf: caller => this.#parentOf(discovery, caller),
      ask: async (parent, token, links) => {
        const { service } = discovery.self
        if (service === undefined) return undefined
        const answer = await asker.ask(service, { ...questionOf('resolve', parent, token), propose: links ? [discovery.self.id] : [] }, CHECK_PATIENCE)
        if ('failure' in answer) throw new RpcError('UNAVAILABLE', answer.failure)
        return answer.link
      }
    })
  }

  #parentOf (discovery: Discovery, caller: string): string | undefined {
    const { scope } = this.#options
    const info = caller === discovery.self.id ? discovery.self : discovery.node(caller)
    return info === undefined && scope === 'relation' ? undefined : parentOf(info?.service, scope)
  }

  #createSeat (service: string, parts: { archive: Archive, asker: Asker, owner: Owner, now: () => number }): Seat {
    const { discovery, election, rpc, announcer, log } = this.#init
    return new Seat({
      ...parts,
      service,
      discovery,
      election,
      rpc: {
        handle: (method, handler) => this.#handle(method, handler),
        maxBody: rpc.maxBody,
        invoke: (...call) => rpc.invoke(...call),
        notify: (...call) => rpc.notify(...call)
      },
      options: this.#options,
      onChange: (change, decided) => { announcer.changed(service, change, decided) },
      onCount: (node, links) => { announcer.counted(node, links) },
      onError: err => { log.error('%e', err) }
    })
  }

  #handle (method: string, handler: Handler): Registration {
    this.#methods.set(method, handler)
    const close = (): void => { this.#methods.delete(method) }
    return { close, [Symbol.dispose]: close }
  }

  /** @throws MeshStoppedError */
  #running (): Parts {
    if (this.#stopped) throw new MeshStoppedError('links are not started, or were stopped')
    return this.#parts
  }

  // ---- what others and discovery say

  /** One of {@link METHODS} is called. */
  hear (method: string, args: unknown, context: HandlerContext): unknown {
    return this.#methods.get(method)?.(args, context)
  }

  nodeGone (node: NodeInfo): void {
    this.#parts.seat?.nodeGone(node)
  }

  // ---- what can be done

  async target (token: string, service: string, options: AbortOptions = {}): Promise<NodeInfo | undefined> {
    const { rpc, finder } = this.#running()
    checkName('service', service)
    const node = await finder.target(service, rpc.tokenId(token), PATIENCE, options)
    return node === undefined ? undefined : this.#record(service, node.id, options.signal)
  }

  async link (token: string, node: NodeInfo | string, { replace = false, signal }: LinkOptions = {}): Promise<NodeInfo> {
    const { rpc, discovery, finder } = this.#running()
    const id = rpc.tokenId(token)
    const wanted = discovery.node(typeof node === 'string' ? node : (node as NodeInfo | undefined)?.id ?? '')
    const service = wanted?.service
    if (wanted === undefined || service === undefined) throw new LinkError('the node is not known here, has left, or is of no service')
    if (typeof node !== 'string' && node.service !== service) throw new LinkError(`the node is of service '${service}', not of '${String(node.service)}'`)
    for (const again = tryAgain(service, PATIENCE, signal); ; await again()) {
      const present = replace ? await this.#current(service, id, signal) : undefined
      const answer = await this.#ask(service, { ...questionOf('move', finder.parent, id), to: wanted.id, from: present?.rank ?? NO_RANK }, signal)
      if ('failure' in answer && (answer.failure === 'not-there' || answer.failure === 'no-node')) throw new LinkError(`the node ${wanted.id} is gone, or takes no new tokens`)
      const known = finder.settle(service, id, answer)
      if (known !== undefined && (!replace || known.id === wanted.id)) return this.#record(service, known.id, signal)
      // somebody else was faster: what is to be replaced is another link now
      if ('doubt' in answer) throw overtaken(service)
    }
  }

  async unlink (token: string, service?: string, { signal }: AbortOptions = {}): Promise<number> {
    const { rpc, finder, discovery } = this.#running()
    const id = rpc.tokenId(token)
    if (service !== undefined) return this.#unlink(id, checkName('service', service), signal)
    const grouped = discovery.services().filter(name => discovery.nodes(name).some(({ election }) => election !== undefined))
    const services = new Set([...finder.cache.services(id), ...this.#options.mode === 'local' ? discovery.services() : grouped])
    const counts = await Promise.all([...services].map(async name => this.#unlink(id, name, signal)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async #unlink (token: TokenId, service: string, signal: AbortSignal | undefined): Promise<number> {
    const { finder } = this.#running()
    for (const again = tryAgain(service, PATIENCE, signal); ; await again()) {
      const known = await this.#current(service, token, signal)
      if (known === undefined) return 0
      const answer = await this.#ask(service, { ...questionOf('remove', finder.parent, token), from: known.rank }, signal)
      finder.settle(service, token, answer)
      if ('changed' in answer && answer.changed) return 1
      // it was there, and is not any more; nobody who was asked before will say who ended it
      if ('doubt' in answer && 'link' in answer && answer.link === undefined) return 1
      if ('doubt' in answer) throw overtaken(service)
      // somebody else was faster: there is another link now, or none
    }
  }

  async down (node: string, { signal }: AbortOptions = {}): Promise<number> {
    const { discovery, asker, local, seat, former } = this.#running()
    const service = discovery.node(node)?.service ?? former(node)
    if (service === undefined) throw new LinkError(`no node ${node} of a service is known here`)
    if (local !== undefined) return local.down(node)
    const read = (value: unknown): number | undefined => isCount(value) ? value : undefined
    const { value: links } = await asker.call(service, { method: DOWN, args: () => ({ n: node }), own: async () => seat?.down(node), read }, PATIENCE, signal).catch((err: Error) => { throw isExhausted(err.cause) ? err.cause : err })
    if (links === undefined) throw new LinkError(`the leader of '${service}' knows no node ${node}`)
    return links
  }

  async count (service: string, { signal }: AbortOptions = {}): Promise<number> {
    const { asker, local, seat } = this.#running()
    checkName('service', service)
    if (local !== undefined) return local.count(service)
    const { value } = await asker.call(service, { method: COUNT, args: () => ({}), harmless: true, own: async () => seat?.count() ?? 0, read: value => isCount(value) ? value : 0 }, PATIENCE, signal)
    return value
  }

  status (): LinksStatus {
    const { finder, owner, asker, archive, local, seat } = this.#running()
    const { mode, scope } = this.#options
    const keeper = local ?? seat?.authority
    return {
      mode, scope, held: owner.count, cached: finder.cache.size, hits: finder.hits, asked: asker.asked,
      authority: keeper === undefined ? undefined : { links: keeper.total('alive'), dead: keeper.total('dead'), nodes: keeper.counts(), ...archive.status }
    }
  }

  resync (): void {
    if (this.#options.mode === 'shared') this.#parts.finder.cache.doubtAll()
  }

  async drain ({ signal }: AbortOptions = {}): Promise<void> {
    await this.#running().seat?.drain(signal)
  }

  // ---- parts of that

  /** As it is now, by whoever decides: what it is changed by. */
  async #current (service: string, token: TokenId, signal: AbortSignal | undefined): Promise<Known | undefined> {
    const { finder } = this.#running()
    return finder.settle(service, token, await this.#ask(service, questionOf('resolve', finder.parent, token), signal))
  }

  async #ask (service: string, question: Question, signal: AbortSignal | undefined): Promise<Answer> {
    const { asker, local } = this.#running()
    const answer = local === undefined ? await asker.ask(service, question, PATIENCE, signal) : local.ask(service, question)
    // who says that there is no room has seen that it was not done before
    const isSure = 'failure' in answer && (answer.failure === 'full' || answer.failure === 'quota')
    if ('failure' in answer && answer.doubt === true && !isSure) throw unsure(service, question.from?.index === 0 && answer.failure === 'unavailable' ? ENDED : 'it may or may not have been done')
    return answer
  }

  /** What discovery knows of a node; its record may be on its way. @throws RpcError `UNAVAILABLE` - it did not come */
  async #record (service: string, id: string, signal: AbortSignal | undefined): Promise<NodeInfo> {
    const { discovery } = this.#running()
    for (const end = performance.now() + RECORD_TIMEOUT; ;) {
      signal?.throwIfAborted()
      const node = discovery.node(id)
      if (node !== undefined) return node
      if (performance.now() >= end) throw new RpcError('UNAVAILABLE', `links of service '${service}': the token is linked to ${id}, which is not known here`, { retryable: true })
      await pause(20)
    }
  }
}

export { Announcer } from './announcer.ts'
