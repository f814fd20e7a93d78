/**
 * Keeps the links of this node's service while it leads. All of them stand in the register, which a majority of the
 * voters holds; here are only counts of it. It alone judges that a node is gone.
 */
import { rendezvousRank } from '../balancing/index.ts'
import { RegisterError, RpcError } from '../errors.ts'
import { Commits } from './commits.ts'
import { Counts } from './counts.core.ts'
import { decide } from './decide.core.ts'
import { Clearing, removal } from './clearing.ts'
import { downKey, downOf, linkKey, linkOf } from './keys.core.ts'
import { Ledger, valueOf } from './ledger.ts'
import { Lives } from './lives.core.ts'
import { makerOf, refusalOf } from './makers.ts'
import { NotLeading } from './not-leading.ts'
import { compareRanks } from './rank.core.ts'
import { Slow } from './slow.ts'
import { Turns } from './turns.ts'
import type { Answer, Told } from './messages.core.ts'
import type { Decision, Link, Place, Question, Taker, World } from './decide.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Idle } from './held.core.ts'
import type { Rank } from './rank.core.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { FencingToken, Register } from '../election/index.ts'

/** Milliseconds between two words to nodes about how many links they hold. */
const COUNT_INTERVAL = 1_000

/** A key that nothing is ever written under: to read it is to know that this node leads. */
const LEADS = 'leads'

const UNAVAILABLE: Answer = Object.freeze({ failure: 'unavailable' })

/** A link came, moved or went. */
export interface Change extends LinkName {
  readonly link: Link | undefined
  /** The live one before. */
  readonly former: Link | undefined
  /** Of the change. */
  readonly rank: Rank
  /** There was no link before, nor one whose node is gone. */
  readonly first?: boolean
}

export interface AuthorityInit {
  service: string
  /** Milliseconds, see `LinksOptions`. */
  ttl: number
  discovery: Pick<Discovery, 'node' | 'nodes' | 'report'>
  register: Register
  /** Before the answer to who asked. `count`: how many links the node holds, when it is to be told. */
  tell: (node: string, told: readonly Told[], count: number | undefined) => void
  /** All links of this life of the node are dead. */
  tellDown: (place: Place) => void
  onChange: (change: Change) => void
  /** A token leaves this node: resolves when it begins no more of its calls, as far as that matters. */
  revoke: (place: Place, name: LinkName, rank: Rank) => Promise<void>
  onError: (err: unknown) => void
  now: () => number
}

export class Authority {
  readonly #init: AuthorityInit
  readonly #ledger: Ledger
  readonly #commits: Commits
  readonly #counts = new Counts()
  readonly #lives: Lives
  readonly #clearing: Clearing
  readonly #told = new Map<string, number>()
  readonly #turns = new Turns()
  readonly #slow = new Slow()
  readonly #isAlive = (place: Place): boolean => this.isAlive(place)
  #office = 0
  #token: FencingToken = { epoch: 0, term: 0 }
  #index = 0
  #nextCount = 0
  #takers: { of: readonly NodeInfo[], list: readonly Taker[] } | undefined

  constructor (init: AuthorityInit) {
    this.#init = init
    const { register, discovery, ttl, onError } = init
    this.#ledger = new Ledger(register)
    this.#commits = new Commits(register, init.now)
    this.#lives = new Lives(id => discovery.node(id))
    this.#clearing = new Clearing({
      ttl,
      onError,
      counts: this.#counts,
      lives: this.#lives,
      entries: () => register.entries(),
      placeOf: entry => this.#ledger.placeOf(entry),
      made: ({ rank }) => rank.epoch === this.#token.epoch && rank.term === this.#token.term ? rank.index : 0,
      office: () => this.leads ? this.#office : undefined,
      remove: async removals => this.ask(removals, ''),
      forget: async place => this.#forget(place)
    })
  }

  get leads (): boolean {
    return this.#office > 0 && this.#init.register.ready
  }

  /** Number of the time in office: work that began in an earlier one is void. */
  get office (): number {
    return this.#office
  }

  /** Of the last link that was made in this term. */
  get #lastRank (): Rank {
    return { ...this.#token, index: this.#index }
  }

  /** The register is complete: count what is in it. */
  begin (token: FencingToken): void {
    this.#office++
    this.#token = token
    const now = this.#init.now()
    this.#index = 0
    this.#clearing.begin(now)
    this.#lives.begin(now)
    this.#counts.clear()
    this.#told.clear()
    this.#turns.clear()
    for (const entry of this.#init.register.entries()) {
      const name = linkOf(entry.key)
      const place = this.#ledger.placeOf(entry)
      // what the leader before was about to write has a rank of this term by now
      if (entry.rank.epoch === token.epoch && entry.rank.term === token.term) this.#index = Math.max(this.#index, entry.rank.index)
      if (name !== undefined) this.#counts.add(name.parent, place)
      else if (downOf(entry.key) !== undefined) this.#lives.down(place, now)
    }
    this.#takers = undefined
  }

  // ---- what is known

  /** Whether a link to that life of the node still counts. */
  isAlive (place: Place): boolean {
    return this.#lives.isAlive(place, this.#init.now())
  }

  /** Discovery has given a node up, or it left. */
  nodeGone ({ id, incarnation, service }: NodeInfo): void {
    if (service === this.#init.service) this.#lives.gone(id, incarnation)
  }

  links (node: string): number {
    return this.#counts.of(node, this.#isAlive)
  }

  total (which: 'alive' | 'dead'): number {
    return this.#counts.total(place => this.isAlive(place) === (which === 'alive'))
  }

  counts (): ReturnType<Counts['all']> {
    return this.#counts.all(this.#isAlive)
  }

  /** Every link that lives, with its name. */
  all (): IterableIterator<LinkName & { readonly link: Link }> {
    return this.#ledger.all()
  }

  #world (): World {
    const { discovery, service } = this.#init
    const nodes = discovery.nodes(service)
    if (this.#takers?.of !== nodes) {
      this.#takers = { of: nodes, list: nodes.filter(({ id, incarnation }) => !this.#lives.isDown(id, incarnation)) }
    }
    const takers = this.#takers.list
    return { takers, isAlive: this.#isAlive, links: node => this.links(node), order: token => rendezvousRank(token, takers) }
  }

  // ---- what is asked

  /**
   * Answers in the order of the questions, when a majority holds what they say.
   *
   * @param asker - peer id: of new links it may have made no more than its share
   * @param signal - aborts when nobody waits for the answers: who asks another leader by then does not count on this one
   * @throws NotLeading
   */
  async ask (questions: readonly Question[], asker: string, signal?: AbortSignal): Promise<Answer[]> {
    const [first] = questions
    const maker = makerOf(asker)
    const office = this.#office
    // another one has led meanwhile, or been asked the same
    const check = (): Answer | undefined => {
      if (office !== this.#office) throw new NotLeading()
      return signal?.aborted === true ? UNAVAILABLE : undefined
    }
    if (first !== undefined) await this.#confirm(linkKey(first.parent, first.token))
    try {
      return await this.#slow.gather(questions, question => this.#answer(question, maker, check))
    } catch (err) {
      // some of them may have been written
      if (err instanceof RegisterError || err instanceof NotLeading) throw new NotLeading(false)
      throw err
    }
  }

  /** Nobody else can have changed anything. */
  async #confirm (key: string): Promise<void> {
    const { register } = this.#init
    if (!this.leads) throw new NotLeading()
    if (register.current) return
    await register.read(key).catch(() => { throw new NotLeading() })
    if (!this.leads) throw new NotLeading()
  }

  /** @param check - before a change: an answer, or an error, that takes its place */
  #answer (question: Question, maker: string, check: () => Answer | undefined): Answer | Promise<Answer> {
    const key = linkKey(question.parent, question.token)
    const isChange = question.kind !== 'resolve'
    // what is under way is known when a majority has it, and may take as long as this node leads
    if (this.#commits.stalled && this.#turns.has(key)) return UNAVAILABLE
    return this.#turns.take(key, isChange, () => (isChange ? check() : undefined) ?? this.#decide(question, key, maker))
  }

  #decide (question: Question, key: string, maker: string): Answer | Promise<Answer> {
    const { discovery, register } = this.#init
    if (!this.leads) throw new NotLeading()
    const present = this.#ledger.link(key)
    const decision = decide(question, present, this.#world())
    if (decision.type === 'refuse') return { failure: decision.why }
    if (decision.type === 'answer') {
      if (question.gone !== undefined && decision.link?.node === question.gone) discovery.report(question.gone)
      return { link: decision.link, changed: false, ...present === undefined && { rank: this.#lastRank } }
    }
    if (this.#commits.stalled) return UNAVAILABLE
    // what was made and is not there any more was somebody's, who would see it come back
    if (question.again === true && (present !== undefined || register.wasDeleted(key))) return UNAVAILABLE
    const why = present === undefined && decision.place !== undefined ? refusalOf(maker, this.#counts, register.size) : undefined
    if (why !== undefined) return { failure: why }
    const place = decision.place === undefined ? undefined : { ...decision.place, maker: decision.former?.maker ?? maker }
    return this.#write(question, key, present, { place, former: decision.former }, maker)
  }

  async #write ({ parent, token }: Question, key: string, present: Link | undefined, { place, former }: Pick<Extract<Decision, { type: 'write' }>, 'place' | 'former'>, maker: string): Promise<Answer> {
    const office = this.#office
    this.#count(parent, present, place)
    let rank: Rank
    try {
      if (present !== undefined) await this.#slow.during(key, this.#init.revoke(present, { parent, token }, present.rank))
      if (office !== this.#office) throw new NotLeading()
      rank = await this.#commits.add({ key, value: place === undefined ? undefined : valueOf(place), ifRank: present?.rank ?? null }, maker)
    } catch (err) {
      if (office === this.#office) this.#count(parent, place, present)
      if (err instanceof RegisterError && err.why === 'full') return { failure: 'full' }
      // this one was not written, whatever became of those that came with it
      if (err instanceof RegisterError && err.why === 'condition') return UNAVAILABLE
      throw err
    }
    this.#index = Math.max(this.#index, rank.index)
    const link = place === undefined ? undefined : { ...place, rank }
    this.#tell({ parent, token, rank, link }, former)
    this.#init.onChange({ parent, token, link, former, rank, first: present === undefined })
    return { link, changed: former !== undefined || link !== undefined, ...link === undefined && { rank } }
  }

  #count (parent: string, before: Place | undefined, after: Place | undefined): void {
    if (before !== undefined) this.#counts.remove(parent, before)
    if (after !== undefined) this.#counts.add(parent, after)
  }

  #tell (told: Told, former: Link | undefined): void {
    if (told.link !== undefined) this.#init.tell(told.link.node, [told], undefined)
    if (former !== undefined && former.node !== told.link?.node) this.#init.tell(former.node, [told], undefined)
  }

  /**
   * One message, however many links.
   *
   * @param check - throws when it may not be done now
   * @returns how many there were; undefined: no such node is known
   * @throws NotLeading; RpcError `RESOURCE_EXHAUSTED`, retryable - there is no room for another word of that kind
   */
  async down (node: string, check: () => void = () => {}): Promise<number | undefined> {
    await this.#confirm(downKey(node))
    const { discovery, service } = this.#init
    const info = discovery.node(node)
    const lives = [info?.service === service ? info.incarnation : undefined, this.#lives.lastOf(node)].filter(life => life !== undefined)
    const links = this.links(node)
    if (lives.length === 0 && links === 0) return undefined
    check()
    if (this.#commits.stalled) throw new NotLeading()
    const incarnation = Math.max(...lives, ...this.#counts.lives(node))
    const place = { node, incarnation }
    try {
      await this.#commits.add({ key: downKey(node), value: valueOf(place) })
    } catch (err) {
      if (err instanceof RegisterError && err.why === 'full') throw new RpcError('RESOURCE_EXHAUSTED', `links of service '${service}': its register has no room for the word that a node is down`, { retryable: true })
      throw new NotLeading(err instanceof RegisterError && err.certain)
    }
    this.#lives.down(place, this.#init.now())
    this.#takers = undefined
    this.#init.tellDown(place)
    return links
  }

  /** @throws NotLeading - or perhaps not any more */
  async confirm (): Promise<void> {
    await this.#confirm(LEADS)
  }

  /** Tokens that a node has run calls of. It is told again of those that it does not hold: the first word was lost. */
  used (node: string, parent: string, tokens: readonly string[]): void {
    const { discovery, service, tell } = this.#init
    if (!this.leads || discovery.node(node)?.service !== service) return
    const told: Told[] = []
    for (const token of tokens) {
      const key = linkKey(parent, token)
      const link = this.#ledger.link(key)
      if (link?.node === node) this.#clearing.used(key)
      // what is under way is told when it is done
      else if (!this.#turns.has(key)) told.push({ parent, token, rank: link?.rank ?? this.#lastRank, link })
    }
    if (told.length > 0) tell(node, told, undefined)
  }

  /**
   * A node says that nobody has used these of its links for the time after which they end: it has seen that, however often
   * the leader changed meanwhile.
   */
  async idle (node: string, parent: string, links: readonly Idle[]): Promise<void> {
    if (!this.leads || links.length === 0) return
    const told: Told[] = []
    const ended = links.filter(({ token, rank }) => {
      const key = linkKey(parent, token)
      const link = this.#ledger.link(key)
      if (link?.node !== node) return false
      const order = compareRanks(link.rank, rank)
      // it has the rank of another leader: the node says so again when it knows
      if (order > 0 && !this.#turns.has(key)) told.push({ parent, token, rank: link.rank, link })
      return order === 0 && !this.#clearing.isUsed(key)
    })
    if (told.length > 0) this.#init.tell(node, told, undefined)
    await this.ask(ended.map(({ token, rank }) => removal({ parent, token }, rank)), node)
  }

  // ---- what time brings

  /** Now and then. */
  tick (): void {
    if (!this.leads) return
    const now = this.#init.now()
    if (now >= this.#nextCount) {
      this.#nextCount = now + COUNT_INTERVAL
      this.#tellCounts()
      // word of it may have been lost: until it begins another life, callers that know it go on to find their tokens there
      for (const place of this.#lives.deaf()) this.#init.tellDown(place)
    }
    this.#clearing.tick(now, this.#index)
  }

  #tellCounts (): void {
    for (const node of new Set([...this.#counts.nodes(), ...this.#told.keys()])) {
      const links = this.links(node)
      if (links === this.#told.get(node)) continue
      if (links === 0) this.#told.delete(node)
      else this.#told.set(node, links)
      this.#init.tell(node, [], links)
    }
  }

  /** Nothing is left that it is about. */
  async #forget (place: Place): Promise<void> {
    const key = downKey(place.node)
    const entry = this.#init.register.entry(key)
    if (entry === undefined || !this.leads) return
    try {
      await this.#commits.add({ key, value: undefined, ifRank: entry.rank })
      this.#lives.forget(place)
    } catch {
      // it was said again meanwhile, or another one leads and looks itself
    }
  }
}
