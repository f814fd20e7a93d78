/** The election's core with the thinnest driver: a disk, held messages, one timer, and a user who writes and reads while it leads. */
import { Outbox } from '../../../src/election/outbox.core.ts'
import { isSealed, sealed } from '../../harness/seals.ts'
import { peerOf } from '../kernel/types.ts'
import type { Message } from '../../../src/election/messages.core.ts'
import type {
  Candidate, Durable, ElectionConfig, ElectionCore, ElectionInput, ElectionOutput, Entry, GroupView, HardState, Rank, Time, Token
} from '../../../src/election/types.core.ts'
import type { Env, Process } from '../kernel/types.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never
export type MakeCore = (config: ElectionConfig) => ElectionCore
export type Options = Omit<ElectionConfig, 'self' | 'service' | 'random' | 'time' | 'durable'>

/** A node of the service, and its record. */
export type Seen = Candidate & { readonly view: GroupView | undefined }

/** What discovery knows, and an operator. */
export interface Surroundings {
  /** Nodes of the service, and what their records say of their groups. */
  nodes (): readonly Seen[]
  /** Those who are left, and not out of reach, of a group that can never have a majority again; `without` counts as lost. */
  lostForGood (without?: string): string[] | undefined
  /** Whether discovery may be wrong now. */
  errs (): boolean
  /** Alone it may not found anything. */
  readonly bootstrapped: boolean
}

/** What a node is told to do when it is to stop. `seat`: for good, so that it leaves the voter set. `drains`: it does not stop then. */
export interface Leaving { readonly seat: boolean, readonly stays: number, readonly back: number | undefined, readonly drains?: boolean }

const DIAL_EVERY = 500
const LOOK_EVERY = 500
/** Discovery is wrong for so long, now and then: sees too few, or too many. */
const WRONG_FOR = 3_000
/** Milliseconds after which discovery gives up who does not answer. */
const GONE_AFTER = 4_000
/** As the driver has them. */
const SETTLE = 500
const LEAVE_TIMEOUT = 2_000
const CONFLICT = 10_000
/** Milliseconds for the last words. */
const FLUSH = 100
/** The first is written as it comes; the others are set only while they have no value, and deleted. */
const KEYS = ['a', 'b', 'c']
/** These are mostly written together, or not at all; now and then with a value that makes a message of each. */
export const TWINS = ['d', 'e'] as const
const LARGE = new Uint8Array(50 * 1_024).fill(32)

function large (name: Uint8Array): Uint8Array {
  const value = new Uint8Array(name.length + LARGE.length)
  value.set(name)
  value.set(LARGE, name.length)
  return value
}

/** What the client's invariants may look at. */
export interface ElectionView {
  readonly options: Options
  readonly lease: { token: Token, until: Time } | undefined
  readonly durable: Durable | undefined
  /** Groups that it ever was durably in, with the incarnation: see {@link membership}. */
  readonly memberships: ReadonlySet<string>
  readonly core: ElectionCore
  time (): Time
}

export function membership (group: number | undefined, incarnation: string): string {
  return `${group ?? 0} ${incarnation}`
}

export class ElectionProcess implements Process, ElectionView {
  core!: ElectionCore
  lease: { token: Token, until: Time } | undefined
  /** What is on the disk and synced. */
  durable: Durable | undefined
  readonly memberships = new Set<string>()
  /** It asked to leave, and is stopped soon. */
  leaving: Leaving | undefined
  /** It was told that its identity is in use elsewhere. */
  conflict = false
  #env!: Env
  readonly #make: MakeCore
  readonly options: Options
  readonly #around: Surroundings | undefined
  #hard!: HardState
  #entries = new Map<string, Entry>()
  #synced: Rank = { epoch: 0, term: 0, index: 0 }
  readonly #outbox = new Outbox(({ to, message }) => { this.#send(to, message) })
  readonly #states = new Map<number, Durable>()
  #saved = 0
  #calls = 0
  #ready = false
  #candidates = ''
  #wrongUntil = -Infinity
  readonly #views = new Map<string, string>()
  readonly #seen = new Map<string, { node: Seen, at: number }>()
  #company = false
  #left = -1
  /** What a key has said, and is told a moment later. */
  readonly #answers = new Map<string, Untimed<ElectionInput>>()
  #ends = false

  constructor (make: MakeCore, options: Options, around?: Surroundings) {
    this.#make = make
    this.options = options
    this.#around = around
  }

  /** What it was told of the others was wrong a moment ago. */
  get errs (): boolean {
    return this.#env.now() < this.#wrongUntil + WRONG_FOR
  }

  time (): Time {
    return { now: this.#env.now(), wall: this.#env.wall() }
  }

  start (env: Env): void {
    this.#env = env
    const durable = env.disk.read('state') as Durable | undefined
    this.#keep(durable)
    for (const entry of durable?.entries ?? []) this.#entries.set(entry.key, entry)
    if (durable !== undefined) this.#synced = durable.synced
    this.core = this.#make({
      ...this.options, self: env.id, service: 'login', random: env.random, time: this.time(), durable, lost: durable === undefined && env.life > 0 && this.options.persistent !== false
    })
    if (this.#around?.bootstrapped === true) this.#step({ type: 'may-found', allowed: false })
    env.setTimer('dial', env.random.between(0, 100))
    env.setTimer('look', env.random.between(0, this.#around === undefined ? WRONG_FOR : LOOK_EVERY))
    env.setTimer('user', env.random.between(0, 1_000))
    this.#step({ type: 'tick' })
    for (const peer of env.connections()) this.connected(peer)
  }

  connected (peer: string): void {
    this.#step({ type: 'connected', peer })
  }

  closed (peer: string): void {
    this.#step({ type: 'closed', peer })
  }

  receive (from: string, message: unknown): void {
    this.#step({ type: 'message', from, message: message as Message })
  }

  command (name: string, argument: unknown): void {
    if (name === 'transfer') this.#step({ type: 'transfer', id: ++this.#calls })
    else if (name === 'leave') this.#leave(argument as Leaving)
    else if (name === 'recover') {
      const left = this.#around?.lostForGood((argument as { without: string } | undefined)?.without)
      if (left !== undefined) this.#step({ type: 'recover', id: ++this.#calls, voters: left })
    } else if (name === 'identity') this.told(1_000)
  }

  /** Another live process uses this identity. */
  told (ms = CONFLICT): void {
    this.conflict = true
    this.#step({ type: 'identity-conflict', active: true })
    this.#env.setTimer('identity', ms)
  }

  /** As the driver does it when a node is drained, or stops. */
  #leave (how: Leaving): void {
    if (this.leaving !== undefined) return
    this.leaving = how
    const { state, voting } = this.core.status(this.time())
    const whole = how.seat && voting
    this.#env.emit({ type: 'leaves', whole, view: this })
    const alone = this.#env.connections().length === 0
    if ((alone && how.drains !== true) || (!whole && state !== 'leader')) return this.#gone()
    // nobody waits until all that was written has come to all
    if (this.#env.random.chance(0.5)) this.#use(true)
    this.#left = ++this.#calls
    if (how.drains !== true) this.#env.setTimer('exit', LEAVE_TIMEOUT)
    this.#step(whole ? { type: 'leave' } : { type: 'transfer', id: this.#left })
  }

  /** What it waited for is done; it may be stopped later only. */
  #gone (): void {
    if (!this.#ends && this.leaving?.drains !== true) this.#env.setTimer('exit', this.leaving?.stays ?? 0)
  }

  timer (name: string): void {
    const env = this.#env
    const answer = this.#answers.get(name)
    if (answer !== undefined) {
      this.#answers.delete(name)
      this.#step(answer)
    } else if (name === 'tick') this.#step({ type: 'tick' })
    else if (name === 'dial') {
      for (const id of env.ids) if (id !== env.id && !env.connections().includes(id)) env.dial(id)
      env.setTimer('dial', DIAL_EVERY)
    } else if (name === 'look') {
      if (this.#around === undefined) this.#guess()
      else this.#look(this.#around)
      env.setTimer('look', this.#around === undefined ? WRONG_FOR : LOOK_EVERY)
    } else if (name === 'found') {
      if (this.#company) this.#step({ type: 'may-found', allowed: true })
    } else if (name === 'identity') {
      this.conflict = false
      this.#step({ type: 'identity-conflict', active: false })
    } else if (name === 'exit') {
      env.emit({ type: 'exits', view: this })
      this.#ends = true
      if (this.leaving?.seat === true) this.#step({ type: 'leave', last: true })
      env.setTimer('exited', FLUSH)
    } else if (name === 'exited') {
      env.exit(this.leaving?.back)
    } else {
      this.#use()
      env.setTimer('user', env.random.between(20, 400))
    }
  }

  /** Those who are connected and say nothing are there for a while still; then their connections are cut. */
  #hanging (found: readonly Seen[]): Seen[] {
    const env = this.#env
    const connected = env.connections()
    for (const node of found) this.#seen.set(node.id, { node, at: env.now() })
    for (const [id, { at }] of this.#seen) {
      if (env.now() - at < GONE_AFTER && connected.includes(id)) continue
      if (env.now() - at >= GONE_AFTER) env.close(id)
      if (env.now() > at) this.#seen.delete(id)
    }
    return [...this.#seen.values()].filter(({ at }) => at < env.now()).map(({ node }) => node)
  }

  #guess (): void {
    const { random, ids } = this.#env
    const seen = random.chance(0.3) ? random.shuffle([...ids, 'x0', 'x1', 'x2', 'x3']).slice(0, 1 + random.int(6)) : ids
    this.#step({ type: 'candidates', candidates: seen.map(id => ({ id, eligible: true })) })
  }

  #look (around: Surroundings): void {
    const env = this.#env
    const found = around.nodes()
    const nodes = [...found, ...this.#hanging(found)]
    if (around.bootstrapped && this.#company !== (nodes.length > 1)) {
      this.#company = nodes.length > 1
      if (this.#company) env.setTimer('found', SETTLE)
      else this.#step({ type: 'may-found', allowed: false })
    }
    for (const { id, view } of nodes) {
      const text = JSON.stringify(view)
      if (id === env.id || view === undefined || this.#views.get(id) === text) continue
      this.#views.set(id, text)
      this.#step({ type: 'group', view })
    }
    for (const id of this.#views.keys()) if (!nodes.some(node => node.id === id)) this.#views.delete(id)
    if (env.now() < this.#wrongUntil) return
    if (around.errs() && env.random.chance(0.05)) {
      this.#wrongUntil = env.now() + WRONG_FOR
      this.#candidates = ''
      return this.#guess()
    }
    const candidates = nodes.map(({ id, eligible, leads }) => ({ id, eligible, leads }))
    const text = JSON.stringify(candidates)
    if (text === this.#candidates) return
    this.#candidates = text
    this.#step({ type: 'candidates', candidates })
  }

  /** Something that another process asks for, which this one is a part of. */
  input (input: Untimed<ElectionInput>): void {
    this.#step(input)
  }

  synced (name: string): void {
    const id = Number(name)
    if (id <= this.#saved) return
    this.#saved = id
    for (const [save, state] of this.#states) {
      if (save > id) break
      this.#keep(state)
      this.#states.delete(save)
    }
    this.#outbox.saved(id)
    this.#step({ type: 'saved', id })
  }

  #keep (state: Durable | undefined): void {
    this.durable = state
    if (state !== undefined) this.memberships.add(membership(state.hard.config?.group, state.hard.incarnation))
  }

  /** As the driver: what waits is never said, and of the register only what was stored is there. */
  refused (): void {
    this.#outbox.drop()
    this.#states.clear()
    this.#entries = new Map(this.durable?.entries.map(entry => [entry.key, entry]))
    this.#synced = this.durable?.synced ?? { epoch: 0, term: 0, index: 0 }
    this.#step({ type: 'save-failed', id: this.#saved + 1, reason: 'no space' })
  }

  #use (writes = false): void {
    const { random } = this.#env
    if (!this.#ready) return
    const id = ++this.#calls
    const call = `${this.#env.id}/${this.#env.life}/${id}`
    if (random.chance(0.2)) return this.#useTwins(id, call)
    const reads = !writes && random.chance(0.5)
    const key = random.pick(reads ? [...KEYS, TWINS[0]] : KEYS) ?? ''
    if (reads) {
      this.#env.emit({ type: 'called', call, key, op: 'read', group: this.core.status(this.time()).group })
      this.#step({ type: 'read', id, key })
    } else {
      const value = new TextEncoder().encode(call)
      const free = key === KEYS[0]
      const erase = random.chance(free ? 0.1 : 0.3)
      this.#env.emit({ type: 'called', call, key, op: erase ? 'delete' : free ? 'write' : 'link', group: this.core.status(this.time()).group })
      this.#step({ type: 'propose', id, writes: [{ key, value: erase ? undefined : value, ...erase || free ? {} : { ifRank: null } }] })
    }
  }

  #useTwins (id: number, call: string): void {
    const { random } = this.#env
    const name = new TextEncoder().encode(call)
    const value = random.chance(0.1) ? large(name) : name
    const keys = random.chance(0.6) ? TWINS : [random.pick(TWINS) ?? TWINS[0]]
    const before = TWINS.map(key => [key, this.core.entry(key)?.value] as const)
    this.#env.emit({ type: 'called', call, key: keys[0], keys, before, op: 'write', group: this.core.status(this.time()).group })
    this.#step({ type: 'propose', id, writes: keys.map(key => ({ key, value })) })
  }

  #step (input: Untimed<ElectionInput>): void {
    const outputs = this.core.step({ ...input, ...this.time() })
    let saved = 0
    for (const output of outputs) {
      if (output.type === 'save') saved = this.#save(output)
      else this.#obey(output)
    }
    if (saved > 0) this.#env.disk.sync(String(saved))
    this.#env.setTimer('tick', Math.max(0.1, this.core.due - this.#env.now()))
  }

  #later (answer: Untimed<ElectionInput>): void {
    const name = `answer ${++this.#calls}`
    this.#answers.set(name, answer)
    this.#env.setTimer(name, 1)
  }

  #save (save: Extract<ElectionOutput, { type: 'save' }>): number {
    if (save.hard !== undefined) this.#hard = save.hard
    const { register } = save
    if (register !== undefined) {
      if (!this.#ready && register.entries.length > 0 && this.core.status(this.time()).state === 'leader') this.#env.count('adopted')
      if (register.reset) this.#entries = new Map()
      for (const entry of register.entries) this.#entries.set(entry.key, entry)
      for (const key of register.drop) this.#entries.delete(key)
      this.#synced = register.synced
    }
    const state: Durable = { hard: this.#hard, entries: [...this.#entries.values()], synced: this.#synced }
    this.#states.set(save.id, state)
    this.#env.disk.write('state', state)
    this.#env.emit({ type: 'state', hard: this.#hard, twins: TWINS.map(key => this.#entries.get(key)?.value) })
    return save.id
  }

  #send (to: string, message: Message): void {
    this.#env.emit({ type: 'sent', to, message, view: this })
    this.#env.send(to, message)
  }

  #obey (output: Exclude<ElectionOutput, { type: 'save' }>): void {
    const env = this.#env
    switch (output.type) {
      case 'send': this.#outbox.send(output); break
      case 'lease':
        this.lease = output
        env.emit({ type: 'lease', view: this, token: output.token })
        break
      case 'lease-end': this.lease = undefined; break
      case 'change':
        if (output.state !== 'leader') this.#ready = false
        env.emit({ ...output, view: this, config: output.config })
        break
      case 'register-ready':
        this.#ready = true
        env.emit({ type: 'ready', token: output.token, view: this })
        break
      case 'committed': case 'value': case 'refused':
        env.emit({ ...output, call: `${env.id}/${env.life}/${output.id}`, view: this })
        break
      case 'group':
        env.count(output.what)
        env.emit({ ...output, view: this })
        break
      case 'transferred':
        env.count(output.ok ? 'transfers' : 'failed transfers')
        if (output.id === this.#left) this.#gone()
        break
      case 'problem': env.count(output.problem); break
      case 'sign': this.#later({ type: 'signed', signed: sealed(peerOf(env.id), output.config) }); break
      case 'verify': {
        const ok = isSealed(output.signed)
        env.count(ok ? 'verified' : 'unverified')
        this.#later({ type: 'verified', id: output.id, ok })
        break
      }
      case 'left':
        env.count('left')
        this.#gone()
        break
      case 'recovered': env.count(output.ok ? 'recovered' : 'not recovered'); break
    }
  }
}
