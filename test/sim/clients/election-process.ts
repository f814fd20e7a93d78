/** The election's core with the thinnest driver: a disk, held messages, one timer, and a user who writes and reads while it leads. */
import type { Message } from '../../../src/election/messages.core.ts'
import type {
  Durable, ElectionConfig, ElectionCore, ElectionInput, ElectionOutput, Entry, HardState, Rank, Time, Token
} from '../../../src/election/types.core.ts'
import type { Env, Process } from '../kernel/types.ts'

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never
export type MakeCore = (config: ElectionConfig) => ElectionCore
export type Options = Omit<ElectionConfig, 'self' | 'service' | 'random' | 'time' | 'durable'>

const DIAL_EVERY = 500
const LOOK_EVERY = 3_000
/** The first is written as it comes; the others are set only while they have no value, and deleted. */
const KEYS = ['a', 'b', 'c']
/** These are mostly written together, or not at all; now and then with a value that makes a message of each. */
export const TWINS = ['d', 'e'] as const
const LARGE = new Uint8Array(50 * 1_024).fill(32)

/** What the client's invariants may look at. */
export interface ElectionView {
  readonly options: Options
  readonly lease: { token: Token, until: Time } | undefined
  readonly durable: Durable | undefined
  readonly core: ElectionCore
  time (): Time
}

export class ElectionProcess implements Process, ElectionView {
  core!: ElectionCore
  lease: { token: Token, until: Time } | undefined
  /** What is on the disk and synced. */
  durable: Durable | undefined
  /** It asked to leave, and would be stopped soon. */
  leaving = false
  #env!: Env
  readonly #make: MakeCore
  readonly options: Options
  readonly #lostForGood: () => string[] | undefined
  #hard!: HardState
  #entries = new Map<string, Entry>()
  #synced: Rank = { epoch: 0, term: 0, index: 0 }
  #held: Array<{ to: string, message: Message, after: number }> = []
  readonly #states = new Map<number, Durable>()
  #saved = 0
  #calls = 0
  #ready = false

  /** @param lostForGood - what an operator knows: those who are left of a group that can never have a majority again */
  constructor (make: MakeCore, options: Options, lostForGood: () => string[] | undefined = () => undefined) {
    this.#make = make
    this.options = options
    this.#lostForGood = lostForGood
  }

  time (): Time {
    return { now: this.#env.now(), wall: this.#env.wall() }
  }

  start (env: Env): void {
    this.#env = env
    const durable = env.disk.read('state') as Durable | undefined
    this.durable = durable
    for (const entry of durable?.entries ?? []) this.#entries.set(entry.key, entry)
    if (durable !== undefined) this.#synced = durable.synced
    this.core = this.#make({
      ...this.options, self: env.id, service: 'login', random: env.random, time: this.time(), durable, lost: durable === undefined && env.life > 0
    })
    env.setTimer('dial', env.random.between(0, 100))
    env.setTimer('look', env.random.between(0, LOOK_EVERY))
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

  command (name: string): void {
    if (name === 'transfer') this.#step({ type: 'transfer', id: ++this.#calls })
    else if (name === 'leave') {
      this.leaving = true
      this.#step({ type: 'leave' })
    } else if (name === 'recover') {
      const left = this.#lostForGood()
      if (left !== undefined) this.#step({ type: 'recover', id: ++this.#calls, voters: left })
    } else if (name === 'identity') {
      this.#step({ type: 'identity-conflict', active: true })
      this.#env.setTimer('identity', 1_000)
    }
  }

  timer (name: string): void {
    const env = this.#env
    if (name === 'tick') this.#step({ type: 'tick' })
    else if (name === 'dial') {
      for (const id of env.ids) if (id !== env.id && !env.connections().includes(id)) env.dial(id)
      env.setTimer('dial', DIAL_EVERY)
    } else if (name === 'look') {
      // discovery is wrong now and then: too few, too many
      const seen = env.random.chance(0.3) ? env.random.shuffle([...env.ids, 'x0', 'x1', 'x2', 'x3']).slice(0, 1 + env.random.int(6)) : env.ids
      this.#step({ type: 'candidates', candidates: seen.map(id => ({ id, eligible: true })) })
      env.setTimer('look', LOOK_EVERY)
    } else if (name === 'identity') this.#step({ type: 'identity-conflict', active: false })
    else {
      this.#use()
      env.setTimer('user', env.random.between(20, 400))
    }
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
      this.durable = state
      this.#states.delete(save)
    }
    const due = this.#held.filter(held => held.after <= id)
    this.#held = this.#held.filter(held => held.after > id)
    for (const { to, message } of due) this.#send(to, message)
    this.#step({ type: 'saved', id })
  }

  #use (): void {
    const { random } = this.#env
    if (!this.#ready) return
    const id = ++this.#calls
    const call = `${this.#env.id}/${this.#env.life}/${id}`
    if (random.chance(0.2)) return this.#useTwins(id, call)
    const reads = random.chance(0.5)
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
    const value = random.chance(0.1) ? new Uint8Array([...name, ...LARGE]) : name
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
      case 'send':
        if (output.after <= this.#saved) this.#send(output.to, output.message)
        else this.#held.push(output)
        break
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
      case 'group': env.count(output.what); break
      case 'transferred': env.count(output.ok ? 'transfers' : 'failed transfers'); break
      case 'problem': env.count(output.problem); break
      case 'left': env.count('left'); break
      case 'recovered': env.count(output.ok ? 'recovered' : 'not recovered'); break
    }
  }
}
