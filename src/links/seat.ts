/**
 * A node of a service among its links: it decides while it leads, hears of its own links from whoever leads, and reports
 * which of them are used.
 */
import { keeping } from '#link-keeping'
import { RpcError } from '../errors.ts'
import { MAX_LINK_QUESTIONS, MAX_LINK_QUESTIONS_PER_PEER } from '../wire/limits.ts'
import { drain } from './drain.ts'
import { NotLeading } from './not-leading.ts'
import { batchOf, inBatches, isCount, isId, readQuestions, readTold, readUsed, record, writeAnswer, writeTold, writeUsed } from './messages.core.ts'
import { ASK, COUNT, DOWN, RENEW, REVOKE, TELL, USED } from './methods.core.ts'
import { Quota } from './quota.core.ts'
import { Rights } from './rights.ts'
import { Strict } from './strict.ts'
import type { Answer, Told, Usages } from './messages.core.ts'
import type { Archive } from './archive.ts'
import type { Asker } from './asker.ts'
import type { Authority, Change } from './authority.ts'
import type { Place, Question } from './decide.core.ts'
import type { Keeping } from './keeping.ts'
import type { LinkName } from './keys.core.ts'
import type { ResolvedLinksOptions } from './options.ts'
import type { Owner } from './owner.ts'
import type { Rank } from './rank.core.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election, FencingToken } from '../election/index.ts'
import type { InvokeOptions, HandlerContext, Registration, Rpc } from '../rpc/index.ts'

/** Milliseconds between two reports of used tokens, at most: so long may a node hold what it was not told that it lost. */
const REPORT_INTERVAL = 30_000
/** Milliseconds by which a life of this node may be ahead of its clock. */
const AHEAD = 24 * 60 * 60 * 1_000

export interface SeatInit {
  service: string
  options: ResolvedLinksOptions
  discovery: Discovery
  election: Election
  rpc: Pick<Rpc, 'handle' | 'invoke' | 'maxBody'> & { notify: (service: string, method: string, args: unknown, options: InvokeOptions) => Promise<void> }
  archive: Archive
  asker: Asker
  owner: Owner
  /** `decided`: by this node. */
  onChange: (change: Change, decided: boolean) => void
  onCount: (node: string, links: number) => void
  onError: (err: unknown) => void
  now: () => number
}

export class Seat {
  readonly #init: SeatInit
  /** Undefined where no node can lead. */
  readonly #authority: Authority | undefined
  readonly #self: string
  readonly #quota = new Quota(MAX_LINK_QUESTIONS_PER_PEER, MAX_LINK_QUESTIONS)
  readonly #rights: Rights
  readonly #registrations: Registration[]
  readonly #onReady = ({ detail }: CustomEvent<FencingToken>): void => { this.#begin(detail) }
  readonly #strict: Strict | undefined
  readonly #askBack: (node: string, name: LinkName, rank: Rank) => Promise<boolean>
  #nextReport: number
  /** What it has in the DHT is put anew. */
  #stores = false

  constructor (init: SeatInit) {
    const { discovery, election, options, now } = init
    this.#init = init
    this.#self = discovery.self.id
    this.#rights = new Rights({ ...init, scope: options.scope })
    this.#nextReport = now() + reportInterval(options)
    init.owner.recordOf = node => discovery.signed(node)
    const revoker = keeping === undefined ? undefined : new keeping.Revoker(init)
    this.#askBack = async (...asked) => revoker?.ask(...asked) ?? false
    this.#strict = options.ownership === 'open' ? undefined : new Strict({ ...init, own: async () => this.#grant(this.#self), askBack: this.#askBack })
    this.#authority = keeping === undefined ? undefined : this.#keep(keeping)
    election.addEventListener('register:ready', this.#onReady)
    this.#registrations = this.#serve()
    if (election.register.ready && election.leader !== undefined) this.#begin(election.leader.token)
  }

  #keep ({ Authority, Mail }: Keeping): Authority {
    const { service, options, discovery, election, rpc, archive, onChange, onCount, onError, now } = this.#init
    const mail = new Mail((node, told, count) => {
      if (node === this.#self) this.#hear(told, count)
      else this.#notify(node, { l: told.map(writeTold), ...count !== undefined && { c: count } })
    }, batchOf(rpc.maxBody))
    return new Authority({
      service,
      ttl: options.ttl,
      discovery,
      register: election.register,
      tell: (node, told, count) => {
        if (count !== undefined) onCount(node, count)
        mail.add(node, told, count)
      },
      tellDown: ({ node, incarnation }) => { this.#notify(node, { d: incarnation }) },
      onChange: change => {
        archive.keep(service, change)
        onChange(change, true)
      },
      revoke: async (place, name, rank) => this.#revoke(place, name, rank),
      onError,
      now
    })
  }

  /** What other nodes may say, and ask. */
  #serve (): Registration[] {
    const { rpc, owner } = this.#init
    return [
      rpc.handle(ASK, async (args: unknown, context) => {
        const questions = read(() => readQuestions(args))
        for (const question of questions) this.#rights.ask(context.caller.id, question)
        return this.#lead(context, async () => (await this.#keeper.ask(questions, context.caller.id, context.signal)).map(writeAnswer), questions.length)
      }),
      rpc.handle(COUNT, async (args: unknown, context) => {
        const { n } = read(() => record(args))
        return this.#lead(context, async () => this.#count(n))
      }),
      rpc.handle(DOWN, async (args: unknown, context) => {
        const { n } = read(() => record(args))
        return this.#lead(context, async () => isId(n) ? this.#keeper.down(n, () => { this.#rights.end(context.caller.id, n) }) : undefined)
      }),
      rpc.handle(USED, (args: unknown, { caller }) => {
        this.#hearUsed(caller.id, readUsed(args))
      }),
      rpc.handle(RENEW, async (_args: unknown, context) => this.#lead(context, async () => this.#grant(context.caller.id))),
      rpc.handle(REVOKE, (args: unknown, context) => {
        this.#onlyVoter(context)
        for (const one of readTold(Array.isArray(args) ? args : [args])) owner.revoke(one, one.rank)
      }),
      rpc.handle(TELL, (args: unknown, context) => { this.#onTell(args, context) })
    ]
  }

  stop (): void {
    this.#init.election.removeEventListener('register:ready', this.#onReady)
    this.#strict?.stop()
    for (const registration of this.#registrations) registration.close()
  }

  /** While this node leads. */
  get authority (): Authority | undefined {
    return this.#authority?.leads === true ? this.#authority : undefined
  }

  /** @throws NotLeading - no node of this kind ever does */
  get #keeper (): Authority {
    if (this.#authority === undefined) throw new NotLeading()
    return this.#authority
  }

  // ---- as the leader

  #begin (token: FencingToken): void {
    const { archive, service, onError } = this.#init
    this.#strict?.begin()
    const authority = this.#authority
    if (authority === undefined) return
    authority.begin(token)
    const { office } = authority
    archive.withdrawAll()
    this.#stores = true
    archive.keepAll(service, authority.all(), () => office !== authority.office || !authority.leads).catch(onError)
  }

  /**
   * The answer, or who else to ask.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED`, retryable - too many questions of this peer, or of all, wait for their answer
   */
  async #lead ({ caller }: HandlerContext, answer: () => Promise<unknown>, questions = 1): Promise<{ a: unknown } | { l: string, u: boolean }> {
    if (!this.#quota.take(caller.id, questions)) throw new RpcError('RESOURCE_EXHAUSTED', 'too many questions about links wait for their answer here', { retryable: true })
    try {
      return { a: await answer() }
    } catch (err) {
      if (!(err instanceof NotLeading)) throw err
      return { l: this.#init.election.leader?.id ?? '', u: !err.certain }
    } finally {
      this.#quota.free(caller.id, questions)
    }
  }

  /** @throws NotLeading */
  async ask (service: string, questions: readonly Question[], signal: AbortSignal): Promise<Answer[]> {
    if (service !== this.#init.service) throw new NotLeading()
    return this.#keeper.ask(questions, this.#self, signal)
  }

  /** @throws NotLeading */
  async down (node: string): Promise<number | undefined> {
    return this.#keeper.down(node)
  }

  /** @throws NotLeading */
  async count (): Promise<number> {
    return this.#count(undefined)
  }

  #count (node: unknown): number {
    const { authority } = this
    if (authority === undefined) throw new NotLeading()
    if (!isId(node)) return authority.total('alive')
    // it drains, and gets new tokens until this leader has heard of that
    const isTaking = this.#init.discovery.node(node)?.state === 'up'
    return Math.max(isTaking ? 1 : 0, authority.links(node))
  }

  /** The node goes on to run calls of its tokens. @throws NotLeading */
  async #grant (node: string): Promise<boolean> {
    await this.#keeper.confirm()
    return this.#strict?.grant(node) ?? true
  }

  /** This node runs calls of its tokens. */
  get mayRun (): boolean {
    return this.#strict?.holds ?? true
  }

  nodeGone (node: NodeInfo): void {
    this.#authority?.nodeGone(node)
  }

  /** The node lets the token go first, so that no call of it runs there behind the back of its next one. */
  async #revoke (place: Place, name: LinkName, rank: Rank): Promise<void> {
    if (this.#strict !== undefined) return this.#strict.revoke(place, name, rank)
    if (this.#keeper.isAlive(place)) await this.#askBack(place.node, name, rank)
  }

  /** What is lost is made up for: a node asks about tokens that it does not know. */
  #notify (node: string, args: unknown): void {
    const { rpc, service, discovery } = this.#init
    if (node === this.#self) this.#hearDown(record(args)['d'])
    else if (discovery.node(node) !== undefined) rpc.notify(service, TELL, args, { node, timeout: 2_000 }).catch(() => {})
  }

  // ---- as one of its nodes

  /** Whoever leads votes. */
  #onlyVoter ({ caller }: HandlerContext): void {
    const { election, service } = this.#init
    const view = election.of(service)
    if (view?.leader?.id !== caller.id && view?.voters.includes(caller.id) !== true) throw new RpcError('PERMISSION_DENIED', 'not a voter of this service')
  }

  #onTell (args: unknown, context: HandlerContext): void {
    this.#onlyVoter(context)
    const { l, c, d } = record(args)
    if (d !== undefined) this.#hearDown(d)
    if (l !== undefined) this.#hear(readTold(l), isCount(c) ? c : undefined)
  }

  #hear (told: readonly Told[], count: number | undefined): void {
    const { owner, discovery, onChange, onError } = this.#init
    for (const one of told) {
      const former = owner.holdings.get(one.parent, one.token)?.own
      if (owner.told(one)) onChange({ ...one, former }, false)
    }
    if (count === undefined || count === owner.count) return
    owner.count = count
    try {
      discovery.update({ load: { links: count, inflight: discovery.self.load.inflight } })
    } catch (err) {
      // the record has no room for a digit more
      onError(err)
    }
  }

  /** All links of this life are dead: begin another one. */
  #hearDown (incarnation: unknown): void {
    const { discovery } = this.#init
    const { incarnation: own } = discovery.self
    // a lie must leave room to go on above it, and what is above 2^53 would be taken by nobody
    if (isCount(incarnation) && incarnation >= own && incarnation <= Math.max(own, Date.now()) + AHEAD) discovery.renew(incarnation)
  }

  tick (): void {
    this.#authority?.tick()
    this.#strict?.tick()
    this.#tidy()
    const { now, options, election, service, owner } = this.#init
    // to look for a leader is to need one
    if (now() < this.#nextReport || owner.holdings.size === 0 || election.of(service)?.leader === undefined) return
    this.#nextReport = now() + reportInterval(options)
    const most = batchOf(this.#init.rpc.maxBody)
    for (const [parent, all] of owner.holdings.takeUsed(now())) for (const tokens of inBatches(all, most)) this.#report({ parent, tokens, idle: [] })
    for (const [parent, all] of owner.holdings.takeIdle(now(), options.ttl)) for (const idle of inBatches(all, most)) this.#report({ parent, tokens: [], idle })
  }

  /** Another one decides: it stores what there is, and of links that it ends this node would not know. */
  #tidy (): void {
    const { election, service, archive } = this.#init
    if (!this.#stores || this.authority !== undefined) return
    const leader = election.of(service)?.leader?.id
    if (leader === undefined || leader === this.#self) return
    this.#stores = false
    archive.withdrawAll()
  }

  #hearUsed (node: string, { parent, tokens, idle }: Usages): void {
    this.#authority?.used(node, parent, tokens)
    // who leads no more cannot end them, and the node says so again
    this.#authority?.idle(node, parent, idle).catch(() => {})
  }

  #report (usages: Usages): void {
    const { election, rpc, service } = this.#init
    const leader = election.of(service)?.leader?.id
    if (leader === this.#self) this.#hearUsed(this.#self, usages)
    else if (leader !== undefined) rpc.notify(service, USED, writeUsed(usages), { node: leader, timeout: 5_000 }).catch(() => {})
  }

  /** Until nobody has a token here, or the time is over: then the leader gives them to others. */
  async drain (signal: AbortSignal | undefined): Promise<void> {
    await drain({ ...this.#init, count: async node => this.#count(node), down: async node => this.#keeper.down(node) }, signal)
  }
}

/** @throws RpcError `INVALID_ARGUMENT` */
function read <T> (decode: () => T): T {
  try {
    return decode()
  } catch (err) {
    throw new RpcError('INVALID_ARGUMENT', (err as Error).message)
  }
}

function reportInterval ({ ttl }: ResolvedLinksOptions): number {
  return Math.min(ttl / 2, REPORT_INTERVAL)
}
