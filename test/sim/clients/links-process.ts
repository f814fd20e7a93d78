/**
 * A node of a service with the pure cores of links and the thinnest driver: it votes, decides while it leads, runs calls of
 * tokens that it holds, and is a caller who calls, moves, unlinks and looks up tokens of all the others.
 */
import { LinkKeeper } from './links-keeper.ts'
import { ElectionProcess } from './election-process.ts'
import type { Cache } from '../../../src/links/cache.core.ts'
import type { decide, Link, Place, Question } from '../../../src/links/decide.core.ts'
import type { Held, Holdings } from '../../../src/links/held.core.ts'
import type { Grants, OwnLease } from '../../../src/links/lease.core.ts'
import type { Lives } from '../../../src/links/lives.core.ts'
import type { Rank } from '../../../src/links/rank.core.ts'
import type { Time } from '../../../src/util/clocks.ts'
import type { MakeCore, Options } from './election-process.ts'
import type { Env, Process, SimEvent } from '../kernel/types.ts'

export interface Cores {
  readonly createElection: MakeCore
  readonly decide: typeof decide
  readonly Cache: typeof Cache
  readonly Holdings: typeof Holdings
  readonly OwnLease: typeof OwnLease
  readonly Grants: typeof Grants
  readonly Lives: typeof Lives
}

export interface LinksOptions {
  readonly election: Options
  readonly strict: boolean
  readonly tokens: readonly string[]
  /** From now on tokens are called and looked up only. */
  readonly calm: () => boolean
}

/** What a leader answers. `seen`: by which operation the link was made that it found; `after`: that there is now. */
export type Answer =
  | { readonly link: Link | undefined, readonly rank?: Rank | undefined, readonly seen: string, readonly after: string }
  | { readonly refused: 'certain' | 'unknown', readonly hint?: string | undefined }

export type Message =
  | { readonly t: 'election', readonly message: unknown }
  | { readonly t: 'hello', readonly incarnation: number }
  | { readonly t: 'ask', readonly id: string, readonly question: Question }
  | { readonly t: 'answer', readonly id: string, readonly answer: Answer }
  | { readonly t: 'call', readonly id: string, readonly token: string, readonly rank: Rank }
  | { readonly t: 'called', readonly id: string, readonly outcome: 'ran' | 'away' | 'moved', readonly owner?: Link | undefined }
  | { readonly t: 'told', readonly token: string, readonly rank: Rank, readonly link: Link | undefined }
  | { readonly t: 'used', readonly tokens: readonly string[] }
  | { readonly t: 'renew', readonly id: string }
  | { readonly t: 'granted', readonly id: string, readonly granted: boolean }
  | { readonly t: 'revoke', readonly token: string, readonly rank: Rank }
  | { readonly t: 'revoked', readonly token: string }

type Asked = (answer: Answer) => void

const HELLO_EVERY = 500
/** Milliseconds without a word after which discovery gives a node up. */
const GONE_AFTER = 4_000
const LOOK_EVERY = 50
const RENEW_EVERY = 750
/** Milliseconds between two reports of used tokens. */
const REPORT_EVERY = 4_000
const ASK_TIMEOUT = 2_000
const CHECK_TIMEOUT = 750
const MOST = 1_000

export class LinksProcess implements Process {
  readonly #cores: Cores
  readonly #options: LinksOptions
  readonly election: ElectionProcess
  keeper!: LinkKeeper
  #env!: Env
  incarnation = 0
  readonly #heard = new Map<string, { incarnation: number, at: number }>()
  #holdings!: Holdings
  #lease!: OwnLease
  #cache!: Cache
  #calls = 0
  #nextRenew = 0
  #nextReport = 0
  #renewing: { id: string, asked: Time } | undefined
  readonly #asked = new Map<string, { then: Asked, until: number }>()
  readonly #called = new Map<string, { then: (answer: Extract<Message, { t: 'called' }> | undefined) => void, until: number }>()
  /** Questions about tokens that this node was called for; what was heard since makes their answer old. */
  readonly #checks = new Map<string, { isVoid: boolean, readonly waiting: Array<(verdict: Held | 'away' | 'moved') => void> }>()
  /** Requests come once, whatever the network does. */
  readonly #done = new Set<string>()

  constructor (cores: Cores, options: LinksOptions) {
    this.#cores = cores
    this.#options = options
    this.election = new ElectionProcess(cores.createElection, options.election)
  }

  get id (): string {
    return this.#env.id
  }

  time (): Time {
    return { now: this.#env.now(), wall: this.#env.wall() }
  }

  start (env: Env): void {
    const { Holdings, OwnLease, Cache } = this.#cores
    this.#env = env
    this.incarnation = env.life + 1
    this.#holdings = new Holdings(MOST)
    this.#lease = new OwnLease()
    this.#cache = new Cache(() => undefined, MOST)
    this.keeper = new LinkKeeper(this.#cores, this.#options, {
      env,
      core: () => this.election.core,
      input: input => { this.election.input(input) },
      node: id => this.node(id),
      send: (to, message) => { this.#send(to, message) }
    })
    this.election.start(this.#electionEnv(env))
    env.setTimer('hello', env.random.between(0, HELLO_EVERY))
    env.setTimer('look', LOOK_EVERY)
    env.setTimer('use', env.random.between(2_000, 4_000))
  }

  #electionEnv (env: Env): Env {
    return {
      ...env,
      id: env.id, ids: env.ids, life: env.life, random: env.random, disk: env.disk,
      now: () => env.now(), wall: () => env.wall(), connections: () => env.connections(), count: what => { env.count(what) },
      setTimer: (name, ms) => { if (name !== 'user') env.setTimer(`election ${name}`, ms) },
      clearTimer: name => { env.clearTimer(`election ${name}`) },
      dial: to => { env.dial(to) }, close: to => { env.close(to) }, exit: () => { env.exit() },
      send: (to, message) => env.send(to, { t: 'election', message }),
      emit: event => { this.#onElection(event) }
    }
  }

  #onElection (event: SimEvent): void {
    if (['ready', 'change', 'committed', 'refused', 'value'].includes(event.type)) this.keeper.happened(event, this.time())
  }

  connected (peer: string): void {
    this.election.connected(peer)
    this.#env.send(peer, { t: 'hello', incarnation: this.incarnation })
  }

  closed (peer: string): void {
    this.election.closed(peer)
  }

  synced (name: string): void {
    this.election.synced(name)
  }

  timer (name: string): void {
    const env = this.#env
    if (name.startsWith('election ')) return this.election.timer(name.slice('election '.length))
    if (name === 'hello') {
      for (const peer of env.connections()) env.send(peer, { t: 'hello', incarnation: this.incarnation })
      env.setTimer('hello', HELLO_EVERY)
    } else if (name === 'look') {
      this.#look()
      env.setTimer('look', LOOK_EVERY)
    } else {
      this.#use()
      env.setTimer('use', env.random.between(100, 700))
    }
  }

  /** As discovery has it. */
  node (id: string): { incarnation: number, state: 'up' } | undefined {
    if (id === this.#env.id) return { incarnation: this.incarnation, state: 'up' }
    const heard = this.#heard.get(id)
    return heard === undefined || this.#env.now() - heard.at > GONE_AFTER ? undefined : { incarnation: heard.incarnation, state: 'up' }
  }

  receive (from: string, message: unknown): void {
    const heard = message as Message
    switch (heard.t) {
      case 'election': this.election.receive(from, heard.message); break
      case 'hello':
        if (heard.incarnation >= (this.#heard.get(from)?.incarnation ?? 0)) this.#heard.set(from, { incarnation: heard.incarnation, at: this.#env.now() })
        break
      case 'ask': if (this.#isNew(heard.id)) this.keeper.ask(heard.question, answer => { this.#send(from, { t: 'answer', id: heard.id, answer }) }, heard.id); break
      case 'answer': this.#answered(heard.id, heard.answer); break
      case 'call': if (this.#isNew(heard.id)) this.#onCall(from, heard); break
      case 'called': this.#settle(heard.id, heard); break
      case 'told': this.#told(heard); break
      case 'used': this.keeper.used(from, heard.tokens); break
      case 'renew': this.keeper.renew(from, granted => { this.#send(from, { t: 'granted', id: heard.id, granted }) }); break
      case 'granted': this.#granted(heard.id, heard.granted); break
      case 'revoke':
        this.#void(heard.token)
        this.#holdings.revoke('', heard.token, heard.rank)
        this.#send(from, { t: 'revoked', token: heard.token })
        break
      case 'revoked': this.keeper.revoked(from, heard.token); break
    }
  }

  #isNew (id: string): boolean {
    if (this.#done.has(id)) return false
    this.#done.add(id)
    return true
  }

  #send (to: string, message: Message): void {
    if (to === this.#env.id) this.receive(to, message)
    else this.#env.send(to, message)
  }

  // ---- as the called node

  /** It would run a call now. */
  get mayRun (): boolean {
    return !this.#options.strict || this.#lease.holds(this.time())
  }

  #onCall (from: string, { id, token, rank }: Extract<Message, { t: 'call' }>): void {
    const reply = (outcome: 'ran' | 'away' | 'moved', owner?: Link): void => { this.#send(from, { t: 'called', id, outcome, owner }) }
    const run = (held: Held): void => {
      if (!this.mayRun) return reply('away')
      held.used = true
      this.#env.emit({ type: 'ran', token, rank: held.level, claimed: rank, place: held.place, incarnation: this.incarnation })
      reply('ran')
    }
    const held = this.#holdings.get('', token)
    const verdict = held === undefined ? 'ask' : this.#holdings.judge(held, rank)
    if (held !== undefined && verdict === 'run') return run(held)
    if (held !== undefined && verdict === 'moved') return reply('moved', held.place.node === '' ? undefined : { ...held.place, rank: held.level })
    this.#check(token, found => {
      if (found === 'away' || found === 'moved') reply(found)
      else if (found.mine) run(found)
      else reply('moved', { ...found.place, rank: found.level })
    })
  }

  /** Asks who decides about a token that this node knows too little of. */
  #check (token: string, then: (verdict: Held | 'away' | 'moved') => void): void {
    const asking = this.#checks.get(token)
    if (asking !== undefined && !asking.isVoid) {
      asking.waiting.push(then)
      return
    }
    const check = { isVoid: false, waiting: [then] }
    this.#checks.set(token, check)
    this.#ask(question('resolve', token), CHECK_TIMEOUT, answer => {
      if (this.#checks.get(token) === check) this.#checks.delete(token)
      const end = (verdict: Held | 'away' | 'moved'): void => { for (const then of check.waiting) then(verdict) }
      if ('refused' in answer) return end('away')
      if (check.isVoid) return this.#check(token, end)
      const { link } = answer
      end(link === undefined ? 'moved' : this.#learn(token, link))
    })
  }

  #void (token: string): void {
    const check = this.#checks.get(token)
    if (check !== undefined) check.isVoid = true
  }

  #told ({ token, rank, link }: Extract<Message, { t: 'told' }>): void {
    if (link === undefined) this.#holdings.drop('', token, rank)
    else if (!this.#options.strict || link.node !== this.id) this.#learn(token, link)
  }

  #learn (token: string, link: Link): Held {
    const before = this.#holdings.get('', token)?.level
    const held = this.#holdings.learn('', token, link, link.node === this.id && link.incarnation === this.incarnation)
    if (before !== undefined) this.#env.emit({ type: 'learnt', token, before, rank: held.level })
    return held
  }

  #granted (id: string, granted: boolean): void {
    if (this.#renewing?.id !== id) return
    const { asked } = this.#renewing
    this.#renewing = undefined
    if (!granted || this.#lease.renewed(asked, this.time())) return
    for (const token of this.#checks.keys()) this.#void(token)
    this.#holdings.clear()
  }

  #look (): void {
    const { now } = this.time()
    this.keeper.look(this.time())
    for (const [id, { at, incarnation }] of this.#heard) if (now - at > GONE_AFTER) this.keeper.gone(id, incarnation)
    for (const [id, { until }] of this.#asked) if (now >= until) this.#answered(id, { refused: 'unknown' })
    for (const [id, { until }] of this.#called) if (now >= until) this.#settle(id, undefined)
    const leader = this.#leader()
    if (now >= this.#nextReport && leader !== undefined) {
      this.#nextReport = now + REPORT_EVERY
      for (const tokens of this.#holdings.takeUsed(this.#env.now()).values()) this.#send(leader, { t: 'used', tokens })
    }
    if (!this.#options.strict || now < this.#nextRenew || leader === undefined) return
    this.#nextRenew = now + RENEW_EVERY
    this.#renewing = { id: this.#name(), asked: this.time() }
    this.#send(leader, { t: 'renew', id: this.#renewing.id })
  }

  // ---- as a caller

  #name (): string {
    return `${this.id}/${this.#env.life}/${++this.#calls}`
  }

  #leader (): string | undefined {
    return this.election.core.status(this.time()).leader
  }

  #ask (asked: Question, timeout: number, then: Asked, id = this.#name()): void {
    const leader = this.#leader()
    if (leader === undefined) return then({ refused: 'certain' })
    this.#asked.set(id, { then, until: this.#env.now() + timeout })
    this.#send(leader, { t: 'ask', id, question: asked })
  }

  #answered (id: string, answer: Answer): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    asked?.then(answer)
  }

  #settle (id: string, answer: Extract<Message, { t: 'called' }> | undefined): void {
    const called = this.#called.get(id)
    this.#called.delete(id)
    called?.then(answer)
  }

  /** An operation that the checker knows of. */
  #operate (asked: Question, then: (link: Link | undefined) => void): void {
    const op = this.#name()
    const { token, kind } = asked
    this.#env.emit({ type: 'began', op, token, kind, proposes: asked.propose.length > 0 })
    this.#ask(asked, ASK_TIMEOUT, answer => {
      if ('refused' in answer) {
        this.#env.emit({ type: 'ended', op, outcome: answer.refused })
        return
      }
      this.#env.emit({ type: 'ended', op, outcome: 'ok', seen: answer.seen, after: answer.after, rank: answer.link?.rank })
      this.#cache.learn('login', token, answer.link, answer.rank)
      this.#tellCached(token)
      then(answer.link)
    }, op)
  }

  #tellCached (token: string): void {
    const rank = this.#cache.get('login', token)?.rank
    if (rank !== undefined) this.#env.emit({ type: 'cached', token, rank })
  }

  #use (): void {
    const { random } = this.#env
    this.#useOne()
    // answers meet on their way
    if (random.chance(0.3)) this.#useOne()
  }

  #useOne (): void {
    const { random, ids } = this.#env
    const token = random.pick(this.#options.tokens) ?? ''
    const up = random.shuffle(ids.filter(id => this.node(id) !== undefined))
    const chance = random.between(0, 1)
    if (this.#options.calm() || chance < 0.55) return this.#call(token, up)
    if (chance < 0.7) this.#operate(question('resolve', token), () => {})
    else if (chance < 0.85) this.#operate({ ...question('move', token), to: up[0], from: undefined }, () => {})
    else this.#operate(question('remove', token), () => {})
  }

  #call (token: string, up: readonly string[]): void {
    const known = this.#cache.get('login', token)
    const lives = known !== undefined && (this.node(known.node)?.incarnation ?? Infinity) <= known.incarnation
    if (lives) return this.#callAt(token, known, 0)
    this.#operate({ ...question('resolve', token), propose: up.slice(0, 4) }, link => { if (link !== undefined) this.#callAt(token, link, 0) })
  }

  #callAt (token: string, { node, rank }: Place & { rank: Rank }, moves: number): void {
    const id = this.#name()
    this.#called.set(id, {
      until: this.#env.now() + ASK_TIMEOUT,
      then: answer => {
        if (answer?.outcome === 'ran') {
          this.#env.emit({ type: 'landed', token, node })
          return
        }
        this.#cache.doubt('login', token)
        const owner = answer?.outcome === 'moved' ? answer.owner : undefined
        if (owner !== undefined && owner.node !== node && moves === 0) this.#callAt(token, owner, moves + 1)
      }
    })
    this.#send(node, { t: 'call', id, token, rank })
  }
}

function question (kind: Question['kind'], token: string): Question {
  return { kind, parent: '', token, propose: [], balanced: false, gone: undefined, to: undefined, from: undefined }
}
