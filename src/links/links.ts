/** Puts the room together: this node as a caller, as the node that is called, and as the leader that decides. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { SafeEmitter } from '../discovery/safe-emitter.ts'
import { InvalidOptionsError, LinkError, MeshStoppedError, RpcError } from '../errors.ts'
import { checkName } from '../wire/names.ts'
import { Announcer } from './announcer.ts'
import { Archive } from './archive.ts'
import { Asker, InDoubt } from './asker.ts'
import { doubtful, isExhausted, overtaken, tryAgain, unsure } from './doubt.ts'
import { Finder } from './finder.ts'
import { parentOf } from './keys.core.ts'
import { LocalKeeper } from './local.ts'
import { COUNT, DOWN, isCount } from './messages.core.ts'
import { resolveLinksOptions } from './options.ts'
import { Owner } from './owner.ts'
import { NO_RANK } from './rank.core.ts'
import { Seat } from './seat.ts'
import type { LinkEvents, LinkOptions, Links, LinksComponents, LinksOptions, LinksStatus } from './index.ts'
import type { Known } from './cache.core.ts'
import type { Question } from './decide.core.ts'
import type { Answer } from './messages.core.ts'
import type { ResolvedLinksOptions } from './options.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election, GroupView } from '../election/index.ts'
import type { Records } from '../records/index.ts'
import type { Rpc, TokenId } from '../rpc/index.ts'
import type { AbortOptions, Startable } from '@libp2p/interface'

/** Milliseconds that an operation waits for a leader when its signal says nothing else. */
const PATIENCE = 5_000
/** Milliseconds that a node which is asked about an unknown token waits for its leader. */
const CHECK_PATIENCE = 750
/** Milliseconds between two looks at what time has brought. */
const TICK = 500
/** Milliseconds to wait for the record of a node that the leader knows. */
const RECORD_TIMEOUT = 1_000
/** Nodes that are gone and whose service is remembered. */
const MAX_FORMER = 10_000

/** What a running room is made of. */
interface Parts {
  readonly discovery: Discovery
  readonly rpc: Rpc
  readonly asker: Asker
  readonly archive: Archive
  readonly finder: Finder
  readonly owner: Owner
  readonly seat: Seat | undefined
  readonly local: LocalKeeper | undefined
  readonly timer: ReturnType<typeof setInterval>
}

class LinksService extends SafeEmitter<LinkEvents> implements Links, Startable {
  readonly [Symbol.toStringTag] = '@braid/links'
  readonly [serviceCapabilities]: string[] = ['@braid/links']
  readonly [serviceDependencies]: string[] = ['@braid/discovery', '@braid/election', '@braid/rpc']
  readonly #components: LinksComponents
  readonly #options: ResolvedLinksOptions
  readonly #announcer = new Announcer(this)
  readonly #former = new Map<string, string>()
  #parts: Parts | undefined
  #stop: Array<() => void> = []

  constructor (components: LinksComponents, options: ResolvedLinksOptions) {
    const log = components.logger.forComponent('braid:links')
    super(err => { log.error('a listener failed - %e', err) })
    this.#components = components
    this.#options = options
  }

  // ---- lifecycle

  start (): void {
    if (this.#parts !== undefined) return
    const parts = this.#parts = this.#create()
    const { discovery, rpc, finder, owner, seat } = parts
    rpc.setTokenRouter(finder)
    if (this.#options.mode === 'shared') rpc.setTokenGuard(owner)
    rpc.setLoadSource({ links: node => node === discovery.self.id ? owner.count : discovery.node(node)?.load.links ?? 0 })
    const onRemove = ({ detail }: CustomEvent<NodeInfo>): void => {
      if (this.#former.size >= MAX_FORMER) this.#former.clear()
      if (detail.service !== undefined) this.#former.set(detail.id, detail.service)
      seat?.nodeGone(detail)
    }
    discovery.addEventListener('node:remove', onRemove)
    this.#stop = [() => { discovery.removeEventListener('node:remove', onRemove) }, () => { clearInterval(parts.timer) }, () => { seat?.stop() }, () => { parts.asker.stop() }]
  }

  stop (): void {
    for (const stop of this.#stop.splice(0)) stop()
    this.#parts = undefined
  }

  #create (): Parts {
    const discovery = needed('discovery', () => this.#components.discovery)
    const election = needed('election', () => this.#components.election)
    const rpc = needed('rpc', () => this.#components.rpc)
    const { self } = discovery
    const options = this.#options
    const now = (): number => performance.now()
    const parent = parentOf(self.service, options.scope)
    const archive = new Archive(this.#records(), now)
    const local = options.mode === 'local' ? this.#createLocal(discovery, now) : undefined
    const of = (service: string): GroupView | undefined => {
      const view = election.of(service)
      if (view !== undefined) archive.learn(service, view.voters)
      return view
    }
    const asker: Asker = new Asker({ self: self.id, discovery, of, rpc, own: async (service, questions) => this.#parts?.seat?.ask(service, questions) ?? [], now })
    const finder = new Finder({
      options, discovery, of, asker, archive, now,
      parent,
      local,
      onLink: (service, token, link, before) => { this.#announcer.learnt(service, parent, token, link, before) }
    })
    const owner = this.#createOwner(discovery, asker, of)
    const seat = self.service === undefined || local !== undefined ? undefined : this.#createSeat(self.service, { discovery, election, rpc, archive, asker, owner, now })
    const timer = setInterval(() => {
      seat?.tick()
      local?.tick()
    }, TICK)
    if (typeof timer === 'object') timer.unref()
    return { discovery, rpc, asker, archive, finder, owner, seat, local, timer }
  }

  #createLocal (discovery: Discovery, now: () => number): LocalKeeper {
    return new LocalKeeper({ discovery, ttl: this.#options.ttl, now, onChange: (service, change) => { this.#announcer.changed(service, change, true) } })
  }

  #createOwner (discovery: Discovery, asker: Asker, of: Election['of']): Owner {
    return new Owner({
      self: () => discovery.self,
      open: this.#options.ownership === 'open',
      group: () => discovery.self.service === undefined ? undefined : of(discovery.self.service),
      mayRun: () => this.#parts?.seat?.mayRun ?? this.#options.ownership === 'open',
      parentOf: caller => this.#parentOf(discovery, caller),
      ask: async (parent, token, links) => {
        const { service } = discovery.self
        if (service === undefined) return undefined
        const answer = await asker.ask(service, { ...question('resolve', parent, token), propose: links ? [discovery.self.id] : [] }, CHECK_PATIENCE)
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

  #createSeat (service: string, parts: { discovery: Discovery, election: Election, rpc: Rpc, archive: Archive, asker: Asker, owner: Owner, now: () => number }): Seat {
    const log = this.#components.logger.forComponent('braid:links')
    return new Seat({
      ...parts,
      service,
      options: this.#options,
      onChange: (change, decided) => { this.#announcer.changed(service, change, decided) },
      onCount: (node, links) => { this.#announcer.counted(node, links) },
      onError: err => { log.error('%e', err) }
    })
  }

  /** Its getter throws when there is no such service. */
  #records (): Records | undefined {
    try {
      return this.#components.records
    } catch {
      return undefined
    }
  }

  /** @throws MeshStoppedError */
  #running (): Parts {
    if (this.#parts === undefined) throw new MeshStoppedError('links are not started, or were stopped')
    return this.#parts
  }

  // ---- what can be done

  async target (token: string, service: string, { signal }: AbortOptions = {}): Promise<NodeInfo | undefined> {
    const { rpc, finder } = this.#running()
    checkName('service', service)
    const id = rpc.tokenId(token)
    const known = finder.known(service, id) ?? await this.#current(service, id, signal)
    return known === undefined ? undefined : this.#record(service, known.id, signal)
  }

  async link (token: string, node: NodeInfo | string, { replace = false, signal }: LinkOptions = {}): Promise<NodeInfo> {
    const { rpc, discovery, finder } = this.#running()
    const id = rpc.tokenId(token)
    const wanted = discovery.node(typeof node === 'string' ? node : node.id)
    const service = wanted?.service
    if (wanted === undefined || service === undefined) throw new LinkError('the node is not known here, has left, or is of no service')
    if (typeof node !== 'string' && node.service !== service) throw new LinkError(`the node is of service '${service}', not of '${String(node.service)}'`)
    const again = tryAgain(service, PATIENCE, signal)
    for (let doubt = false; ;) {
      const present: Known | undefined = replace || doubt ? await this.#current(service, id, signal).catch((err: unknown) => { throw doubt ? doubtful(err) : err }) : undefined
      if (doubt) {
        if (present === undefined) throw unsure(service, 'there is no such link, and nobody can tell whether it was made and has ended since')
        if (replace && present.id !== wanted.id) throw overtaken(service)
        return this.#record(service, present.id, signal)
      }
      const answer: Answer | undefined = await this.#ask(service, { ...question('move', finder.parent, id), to: wanted.id, from: present?.rank ?? NO_RANK }, signal).catch((err: unknown) => {
        if (err instanceof InDoubt) return undefined
        throw err
      })
      doubt = answer === undefined
      if (answer === undefined) continue
      if ('failure' in answer && (answer.failure === 'not-there' || answer.failure === 'no-node')) throw new LinkError(`the node ${wanted.id} is gone, or takes no new tokens`)
      const known = finder.settle(service, id, answer)
      if (known?.id !== wanted.id && 'doubt' in answer) throw overtaken(service)
      // somebody else was faster: what is to be replaced is another link now
      if (known === undefined || (replace && known.id !== wanted.id)) await again()
      else return this.#record(service, known.id, signal)
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
      const answer = await this.#ask(service, { ...question('remove', finder.parent, token), from: known.rank }, signal)
      finder.settle(service, token, answer)
      if ('changed' in answer && answer.changed) return 1
      // it was there, and is not any more; nobody who was asked before will say who ended it
      if ('doubt' in answer && 'link' in answer && answer.link === undefined) return 1
      if ('doubt' in answer) throw overtaken(service)
      // somebody else was faster: there is another link now, or none
    }
  }

  async down (node: string, { signal }: AbortOptions = {}): Promise<number> {
    const { discovery, asker, local, seat } = this.#running()
    const service = discovery.node(node)?.service ?? this.#former.get(node)
    if (service === undefined) throw new LinkError(`no node ${node} of a service is known here`)
    if (local !== undefined) return local.down(node)
    const read = (value: unknown): number | undefined => isCount(value) ? value : undefined
    const { value: links } = await asker.call(service, { method: DOWN, args: { n: node }, own: async () => seat?.down(node), read }, PATIENCE, signal).catch((err: Error) => { throw isExhausted(err.cause) ? err.cause : err })
    if (links === undefined) throw new LinkError(`the leader of '${service}' knows no node ${node}`)
    return links
  }

  async count (service: string, { signal }: AbortOptions = {}): Promise<number> {
    const { asker, local, seat } = this.#running()
    checkName('service', service)
    if (local !== undefined) return local.count(service)
    const { value } = await asker.call(service, { method: COUNT, args: {}, harmless: true, own: async () => seat?.count() ?? 0, read: value => isCount(value) ? value : 0 }, PATIENCE, signal)
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
    if (this.#options.mode === 'shared') this.#parts?.finder.cache.doubtAll()
  }

  async drain ({ signal }: AbortOptions = {}): Promise<void> {
    await this.#running().seat?.drain(signal)
  }

  // ---- parts of that

  /** As it is now, by whoever decides. */
  async #current (service: string, token: TokenId, signal: AbortSignal | undefined): Promise<Known | undefined> {
    const { finder } = this.#running()
    try {
      return finder.settle(service, token, await this.#ask(service, question('resolve', finder.parent, token), signal))
    } catch (err) {
      const stored = err instanceof RpcError && err.code === 'UNAVAILABLE' ? await finder.stored(service, token, signal === undefined ? {} : { signal }) : undefined
      if (stored === undefined) throw err
      return stored
    }
  }

  async #ask (service: string, question: Question, signal: AbortSignal | undefined): Promise<Answer> {
    const { asker, local } = this.#running()
    const answer = local === undefined ? await asker.ask(service, question, PATIENCE, signal) : local.ask(service, question)
    if ('failure' in answer && answer.doubt === true) throw unsure(service, 'it may or may not have been done')
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
      await new Promise(resolve => { setTimeout(resolve, 20) })
    }
  }
}

function question (kind: Question['kind'], parent: string, token: string): Question {
  return { kind, parent, token, propose: [], balanced: false, gone: undefined, to: undefined, from: undefined }
}

/** Looked up when it is first needed: services are made in the order of their keys. @throws InvalidOptionsError */
function needed <T> (name: string, get: () => T | undefined): T {
  let service: T | undefined
  try {
    service = get()
  } catch {
    // libp2p throws for a service that does not exist
  }
  if (service === undefined) throw new InvalidOptionsError(`links needs the ${name} service beside it: add \`${name}: ${name}()\` to the services`)
  return service
}

/**
 * The room as a libp2p service.
 *
 * @throws InvalidOptionsError - an option that cannot work; from `start()`: a service beside it is missing
 *
 * @example
 *
 * ```ts
 * const services = { identify: identify(), discovery: discovery({ service: 'login' }), election: election(), rpc: rpc(), links: links() }
 * const node = await createLibp2p({ services })
 * ```
 */
export function links (options: LinksOptions = {}): (components: LinksComponents) => Links {
  const resolved = resolveLinksOptions(options)
  return components => new LinksService(components, resolved)
}
