/** The leader's side of links in the simulator: what is asked is decided by the core, and committed in the register of a real election. */
import { linkKey } from '../../../src/links/keys.core.ts'
import type { Link, Place, Question, World } from '../../../src/links/decide.core.ts'
import type { Grants } from '../../../src/links/lease.core.ts'
import type { Lives } from '../../../src/links/lives.core.ts'
import { compareRanks } from '../../../src/links/rank.core.ts'
import type { Rank } from '../../../src/links/rank.core.ts'
import type { Time } from '../../../src/util/clocks.ts'
import type { ElectionCore, ElectionInput, Entry } from '../../../src/election/types.core.ts'
import type { Answer, Cores, LinksOptions, Message } from './links-process.ts'
import type { Env, SimEvent } from '../kernel/types.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never
type Reply = (answer: Answer) => void

export interface KeeperInit {
  readonly env: Env
  core (): ElectionCore
  input (input: Untimed<ElectionInput>): void
  node (id: string): { incarnation: number, state: 'up' } | undefined
  send (to: string, message: Message): void
}

/** What stands in the register: a place, and the operation that made it. */
interface Made extends Place { readonly op: string }

interface Writing {
  readonly token: string
  readonly op: string
  readonly place: Place | undefined
  readonly present: { readonly link: Link, readonly op: string } | undefined
  readonly reply: Reply
  blocks: boolean
}

export class LinkKeeper {
  readonly #init: KeeperInit
  readonly #cores: Cores
  readonly #strict: boolean
  /** The election gives leases: under one nobody else can have changed anything. */
  readonly #leased: boolean
  readonly #lives: Lives
  readonly #grants: Grants
  #leads = false
  /** Of the last change in this term. */
  #last: Rank = { epoch: 0, term: 0, index: 0 }
  #calls = 0
  readonly #calling = new Map<number, (event: SimEvent) => void>()
  /** Tokens that are being written, and what waits for that. */
  readonly #pending = new Map<string, Array<() => void>>()
  /** Tokens that are taken from their node, by token. */
  readonly #taking = new Map<string, Writing>()

  constructor (cores: Cores, { strict, election }: LinksOptions, init: KeeperInit) {
    this.#init = init
    this.#cores = cores
    this.#strict = strict
    this.#leased = election.lease !== 'off'
    this.#lives = new cores.Lives(id => init.node(id))
    this.#grants = new cores.Grants()
  }

  happened (event: SimEvent, time: Time): void {
    if (event.type === 'ready') {
      this.#leads = true
      this.#last = { ...event['token'] as { epoch: number, term: number }, index: 0 }
      this.#pending.clear()
      this.#end()
      this.#lives.begin(time.now)
      this.#grants.begin(time)
    } else if (event.type === 'change') {
      if (event['state'] !== 'leader') this.#leads = false
    } else {
      const id = Number(String(event['call']).split('/').at(-1))
      const then = this.#calling.get(id)
      this.#calling.delete(id)
      then?.(event)
    }
  }

  gone (node: string, incarnation: number): void {
    this.#lives.gone(node, incarnation)
  }

  ask (question: Question, reply: Reply, op: string): void {
    this.#confirmed(() => { this.#answer(question, reply, op) }, () => { reply({ refused: 'certain' }) })
  }

  renew (node: string, then: (granted: boolean) => void): void {
    this.#confirmed(() => { then(this.#grants.grant(node, this.#time())) }, () => { then(false) })
  }

  /** The node has run calls of these tokens: it is told of those that are not its own. */
  used (node: string, tokens: readonly string[]): void {
    if (!this.#leads) return
    for (const token of tokens) {
      if (this.#pending.has(token)) continue
      const link = read(this.#init.core().entry(linkKey('', token)))?.link
      if (link?.node !== node) this.#init.send(node, { t: 'told', token, rank: link?.rank ?? this.#last, link })
    }
  }

  #time (): Time {
    return { now: this.#init.env.now(), wall: this.#init.env.wall() }
  }

  /** Nobody else can have changed anything. */
  #confirmed (then: () => void, otherwise: () => void): void {
    if (!this.#leads) return otherwise()
    if (this.#leased && this.#init.core().status(this.#time()).leaseLeft > 0) return then()
    this.#input(id => ({ type: 'read', id, key: 'leads' }), event => { event.type === 'value' && this.#leads ? then() : otherwise() })
  }

  #input (make: (id: number) => Untimed<ElectionInput>, then: (event: SimEvent) => void): void {
    const id = ++this.#calls
    this.#calling.set(id, then)
    this.#init.input(make(id))
  }

  #answer (question: Question, reply: Reply, op: string): void {
    const { env } = this.#init
    const { token } = question
    const pending = this.#pending.get(token)
    if (pending !== undefined) {
      pending.push(() => { this.ask(question, reply, op) })
      return
    }
    const now = env.now()
    const present = read(this.#init.core().entry(linkKey('', token)))
    const decision = this.#cores.decide(question, present?.link, this.#world(now))
    const alive = present !== undefined && this.#lives.isAlive(present.link, now)
    if (decision.type === 'refuse') return reply({ refused: 'certain' })
    if (decision.type === 'answer') {
      env.emit({ type: 'decided', op, token, kind: question.kind, alive, wrote: false, there: present !== undefined })
      return reply({ link: decision.link, rank: present === undefined ? this.#last : undefined, seen: present?.op ?? '', after: present?.op ?? '' })
    }
    env.emit({ type: 'decided', op, token, kind: question.kind, alive, wrote: true, there: present !== undefined })
    this.#pending.set(token, [])
    const writing: Writing = { token, op, place: decision.place, present, reply, blocks: false }
    if (present === undefined || !this.#strict) return this.#write(writing)
    this.#taking.set(token, writing)
    this.#take(writing)
  }

  #world (now: number): World {
    const { env, node } = this.#init
    const takers = env.ids.flatMap(id => {
      const info = node(id)
      return info === undefined ? [] : [{ id, incarnation: info.incarnation, weight: 1, state: info.state }]
    })
    return { takers, isAlive: place => this.#lives.isAlive(place, now), links: () => 0, order: () => takers }
  }

  // ---- a token is taken from its node first

  #take ({ token, present }: Writing): void {
    if (present !== undefined) this.#init.send(present.link.node, { t: 'revoke', token, rank: present.link.rank })
  }

  revoked (node: string, token: string): void {
    if (this.#taking.get(token)?.present?.link.node === node) this.#taken(token)
  }

  look (time: Time): void {
    for (const [token, writing] of this.#taking) {
      const { node, incarnation } = (writing.present as { link: Link }).link
      if ((this.#init.node(node)?.incarnation ?? 0) > incarnation) this.#taken(token)
      else if (this.#grants.isOver(node, time)) {
        this.#init.env.emit({ type: 'over', op: writing.op, node, incarnation })
        this.#taken(token)
      } else {
        // its lease is to end once it has not answered
        if (!writing.blocks) this.#grants.block(node)
        writing.blocks = true
        this.#take(writing)
      }
    }
  }

  #taken (token: string): void {
    const writing = this.#taking.get(token)
    if (writing === undefined) return
    this.#taking.delete(token)
    this.#unblock(writing)
    if (this.#leads) this.#write(writing)
    else writing.reply({ refused: 'certain' })
  }

  /** What a former time in office began. */
  #end (): void {
    for (const [token, writing] of this.#taking) {
      this.#taking.delete(token)
      this.#unblock(writing)
      writing.reply({ refused: 'certain' })
    }
  }

  #unblock ({ blocks, present }: Writing): void {
    if (blocks && present !== undefined) this.#grants.unblock(present.link.node)
  }

  #write ({ token, op, place, present, reply }: Writing): void {
    const { env, send } = this.#init
    const seen = present?.op ?? ''
    const after = place === undefined ? '' : op
    const value = place === undefined ? undefined : new TextEncoder().encode(JSON.stringify({ ...place, op }))
    env.emit({ type: 'writing', op, seen, after })
    this.#input(id => ({ type: 'propose', id, writes: [{ key: linkKey('', token), value, ifRank: present?.link.rank ?? null }] }), event => {
      const waiting = this.#pending.get(token) ?? []
      this.#pending.delete(token)
      if (event.type === 'committed') {
        const [rank] = event['ranks'] as [Rank]
        if (compareRanks(rank, this.#last) > 0) this.#last = rank
        const link = place === undefined ? undefined : { ...place, rank }
        env.emit({ type: 'wrote', token, op, rank, place })
        env.count(place === undefined ? 'unlinked' : present === undefined ? 'linked' : 'moved')
        for (const node of new Set([link?.node, present?.link.node])) if (node !== undefined) send(node, { t: 'told', token, rank, link })
        reply({ link, rank: link === undefined ? rank : undefined, seen, after })
      } else reply({ refused: event['certain'] === true ? 'certain' : 'unknown' })
      for (const next of waiting) next()
    })
  }
}

function read (entry: Entry | undefined): Writing['present'] {
  if (entry?.value === undefined) return undefined
  const { node, incarnation, op } = JSON.parse(new TextDecoder().decode(entry.value)) as Made
  return { link: { node, incarnation, rank: entry.rank }, op }
}
