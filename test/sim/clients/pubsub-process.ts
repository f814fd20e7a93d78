/** Pub/sub's cores with the thinnest driver: everybody dials everybody, gossip is one hop, discovery is a ping. */
import { rendezvousRank } from '../../../src/balancing/rendezvous.core.ts'
import { logKey, matches } from '../../../src/pubsub/names.core.ts'
import { KEEPERS } from '../../../src/pubsub/numbers.core.ts'
import { Links } from './pubsub-links.ts'
import { askOf, CONCURRENCY, isPoison, PREFETCH } from './pubsub-plan.ts'
import type { createAssigner } from '../../../src/pubsub/assigner.core.ts'
import type { createConsumer } from '../../../src/pubsub/consumer.core.ts'
import type { createKeeper } from '../../../src/pubsub/keeper.core.ts'
import type { createRegistry } from '../../../src/pubsub/registry.core.ts'
import type {
  AssignerCore, AssignerInput, AssignerOutput, AssignerState, Batch, ChannelSpec, ConsumerCore, ConsumerInput, ConsumerOutput, Generation, Held, KeeperCore, KeeperInput,
  KeeperOutput, LogId, Message, Net, RegistryCore, RegistryInput, RegistryOutput, Time
} from '../../../src/pubsub/types.core.ts'
import type { Framed, Hello } from './pubsub-links.ts'
import type { ChannelPlan, Plan } from './pubsub-plan.ts'
import type { Env, Process } from '../kernel/types.ts'

export interface Cores {
  createAssigner: typeof createAssigner
  createConsumer: typeof createConsumer
  createKeeper: typeof createKeeper
  createRegistry: typeof createRegistry
}

type Untimed<I> = I extends unknown ? Omit<I, 'now' | 'wall'> : never
type Wire = Framed | { t: 'g', batch: Batch } | { t: 'p' }
interface Meta { epoch: number, first: number, last: number, state: AssignerState | undefined }
interface Waiting { after: number, to: string | undefined, run: () => void }

/** An assigner or a keeper with its saves: what waits for them, waits here. */
interface Saving<C> { core: C, log: LogId, name: string, saved: number, held: Waiting[], meta: Meta }

const PING = 1_000
const SILENT = 6_000
const UNREACHED = 2_500
/** Ms that handlers of a consumer that leaves have to end. */
const LEAVE_TIMEOUT = 5_000
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class PubsubProcess implements Process {
  registry!: RegistryCore
  readonly assigners = new Map<string, Saving<AssignerCore>>()
  readonly consumers = new Map<string, ConsumerCore>()
  /** Channel -> which of this life's consumers of it is there. */
  readonly sessions = new Map<string, number>()
  readonly keepers = new Map<string, Saving<KeeperCore>>()
  readonly #cores: Cores
  readonly #plan: Plan
  /** Nothing is published any more. */
  readonly #isOver: () => boolean
  #env!: Env
  #links!: Links
  #local: Array<() => void> = []
  #busy = false
  #count = 0
  #works = 0
  readonly #work = new Map<string, () => void>()
  readonly #heard = new Map<string, number>()
  readonly #gone = new Set<string>()
  /** Newest epochs by publisher and topic. */
  readonly #epochs = new Map<string, number>()
  readonly #backlog = new Map<string, Array<{ payload: Uint8Array, key: string | undefined }>>()
  #keeperIds: string[] = []
  #pinged = 0
  #toOpen: ChannelPlan[] = []
  /** Channels that are being left -> when this node consumes again, ms. */
  readonly #leaving = new Map<string, number>()
  readonly #unanswered = new Map<string, Set<string>>()
  /** Its handlers go until then. */
  #declines = -Infinity

  constructor (cores: Cores, plan: Plan, isOver: () => boolean) {
    this.#cores = cores
    this.#plan = plan
    this.#isOver = isOver
  }

  time (): Time {
    return { now: this.#env.now(), wall: this.#env.wall() }
  }

  // --- life

  start (env: Env): void {
    this.#env = env
    this.#links = new Links(env)
    this.registry = this.#cores.createRegistry({ self: env.id, incarnation: env.life + 1, random: env.random, time: this.time() })
    this.#pinged = env.wall()
    for (const id of env.ids) this.#heard.set(id, env.now())
    this.#setKeepers()
    this.#run(() => { this.#restore() })
    this.#toOpen = this.#plan.channels.filter(({ consumers }) => consumers.includes(env.id))
    env.setTimer('dial', 0)
    env.setTimer('ping', PING)
    env.setTimer('open', env.random.between(1_000, 3_000))
    if (this.#plan.publishers.has(env.id)) env.setTimer('publish', env.random.between(500, 4_000))
  }

  #restore (): void {
    if (!this.#plan.persistent) return
    const { disk, id } = this.#env
    for (const topic of this.#plan.publishers.get(id) ?? []) if (disk.read(`log/${topic}`) !== undefined) this.#makeLog(topic)
    for (const log of (disk.read('kept') as LogId[] | undefined) ?? []) this.#makeKeeper(log)
  }

  connected (peer: string): void {
    this.#links.connected(peer)
    this.#hear(peer)
    this.#run(() => {
      this.#links.send(peer, { type: 'hello', logs: [...this.assigners.values()].filter(({ log }) => log.publisher === this.#env.id).map(({ log }) => log) })
      this.#send(peer, { type: 'registry', delta: this.registry.whole() })
      this.#all({ type: 'connected', peer })
    })
  }

  closed (peer: string): void {
    this.#links.closed(peer)
    // what was for this connection may not go with the next one: what went before it is lost
    for (const saving of [...this.assigners.values(), ...this.keepers.values()]) saving.held = saving.held.filter(({ to }) => to !== peer)
    this.#run(() => { this.#all({ type: 'closed', peer }) })
  }

  receive (from: string, message: unknown): void {
    const wire = message as Wire
    this.#hear(from)
    this.#run(() => {
      if (wire.t === 's') for (const net of this.#links.receive(from, wire)) this.#receive(from, net)
      else if (wire.t === 'g') this.#batch(from, wire.batch)
    })
  }

  synced (name: string): void {
    const [kind, key = '', id] = name.split('|')
    const saving = kind === 'a' ? this.assigners.get(key) : this.keepers.get(key)
    if (saving !== undefined) this.#run(() => { this.#saved(saving, Number(id)) })
  }

  timer (name: string): void {
    this.#run(() => { this.#timer(name) })
  }

  command (name: string, argument: unknown): void {
    if (name === 'leave') this.#depart(argument)
    else if (name === 'pause') this.#pause(argument)
    else if (name === 'decline') this.#declines = this.#env.now() + (argument as { ms: number }).ms
  }

  /** Nobody takes messages for a while: what its consumers have not begun is others'. */
  #pause (argument: unknown): void {
    const { ms } = argument as { ms: number }
    this.#run(() => {
      for (const [channel, core] of this.consumers) {
        this.#env.count('paused')
        this.#consume(channel, { type: 'pause', paused: true })
        this.#later(ms, () => { if (this.consumers.get(channel) === core) this.#consume(channel, { type: 'pause', paused: false }) })
      }
    })
  }

  /** Its consumers leave, and others of this node take their place. */
  #depart (argument: unknown): void {
    if (this.#plan.disagree) return
    const { back } = argument as { back: number }
    this.#run(() => {
      for (const [channel, core] of this.consumers) {
        if (this.#leaving.has(channel)) continue
        this.#env.count('departed')
        this.#leaving.set(channel, back)
        this.#later(LEAVE_TIMEOUT, () => { if (this.consumers.get(channel) === core) this.#left(channel) })
        this.#consume(channel, { type: 'leave' })
      }
    })
  }

  #left (channel: string): void {
    const back = this.#leaving.get(channel)
    if (back === undefined) return
    this.#leaving.delete(channel)
    this.consumers.delete(channel)
    this.#register({ type: 'close', channel })
    const plan = this.#plan.channels.find(({ pattern, name }) => `${pattern}/${name}` === channel)!
    this.#later(back, () => { this.#open(plan) })
  }

  #timer (name: string): void {
    const env = this.#env
    const work = this.#work.get(name)
    if (work !== undefined) {
      this.#work.delete(name)
      work()
    } else if (name === 'dial') {
      for (const id of env.ids) if (id !== env.id && !env.connections().includes(id)) env.dial(id)
      env.setTimer('dial', 500)
    } else if (name === 'ping') {
      this.#ping()
    } else if (name === 'open') {
      for (const plan of this.#toOpen.splice(0)) this.#open(plan)
    } else if (name === 'publish') {
      this.#publish()
    }
  }

  /** Everything that follows from one event, then the timers. */
  #run (piece: () => void): void {
    this.#local.push(piece)
    if (this.#busy) return
    this.#busy = true
    for (;;) {
      const next = this.#local.shift()
      if (next !== undefined) next()
      else if (!this.#tick()) break
    }
    this.#busy = false
    let due = Infinity
    for (const core of this.#allCores()) due = Math.min(due, core.due)
    if (due < Infinity) this.#env.setTimer('tick', Math.max(0.1, due - this.#env.now()))
  }

  #tick (): boolean {
    const now = this.#env.now()
    let any = false
    if (this.registry.due <= now) { any = true; this.#register({ type: 'tick' }) }
    for (const saving of [...this.assigners.values()]) if (saving.core.due <= now) { any = true; this.#assign(saving, { type: 'tick' }) }
    for (const saving of [...this.keepers.values()]) if (saving.core.due <= now) { any = true; this.#keep(saving, { type: 'tick' }) }
    for (const [channel, core] of this.consumers) {
      if (core.dirty) { any = true; this.#consume(channel, { type: 'flush' }) }
      if (core.due <= now) { any = true; this.#consume(channel, { type: 'tick' }) }
    }
    return any && this.#settles()
  }

  /** A core that is never content would stop the world. */
  #rounds = 0
  #roundsAt = -1
  #settles (): boolean {
    const now = this.#env.now()
    if (now !== this.#roundsAt) this.#rounds = 0
    this.#roundsAt = now
    if (++this.#rounds > 1_000) {
      const hot = [...this.assigners, ...this.keepers].map(([key, { core }]) => `${key} ${core.due}`).concat([...this.consumers].map(([key, core]) => `${key} ${core.due}`))
      throw new Error(`a core is due again and again at ${now}: ${hot.join(', ')}, registry ${this.registry.due}`)
    }
    return true
  }

  * #allCores (): Generator<{ readonly due: number }> {
    yield this.registry
    for (const { core } of this.assigners.values()) yield core
    for (const { core } of this.keepers.values()) yield core
    yield * this.consumers.values()
  }

  #all (input: { type: 'connected' | 'closed', peer: string }): void {
    for (const saving of [...this.assigners.values()]) this.#assign(saving, input)
    for (const saving of [...this.keepers.values()]) this.#keep(saving, input)
    for (const channel of this.consumers.keys()) this.#consume(channel, input)
  }

  // --- discovery

  #ping (): void {
    const env = this.#env
    env.setTimer('ping', PING)
    const wall = env.wall()
    if (wall - this.#pinged > 4_000) {
      env.count('resumed')
      for (const id of env.ids) this.#heard.set(id, env.now())
      for (const saving of [...this.assigners.values()]) this.#assign(saving, { type: 'resumed' })
      for (const channel of this.consumers.keys()) this.#consume(channel, { type: 'resumed' })
    }
    this.#pinged = wall
    this.#links.check()
    const connections = new Set(env.connections())
    for (const id of connections) env.send(id, { t: 'p' } satisfies Wire)
    for (const [id, at] of this.#heard) {
      if (id === env.id || this.#gone.has(id) || env.now() - at < (connections.has(id) ? SILENT : UNREACHED)) continue
      this.#gone.add(id)
      env.count('judged gone')
      this.#register({ type: 'gone', peer: id })
      this.#setKeepers()
      for (const saving of [...this.assigners.values()]) this.#assign(saving, { type: 'gone', peer: id })
      for (const saving of [...this.keepers.values()]) this.#keep(saving, { type: 'gone', peer: id })
    }
  }

  #hear (peer: string): void {
    this.#heard.set(peer, this.#env.now())
    if (!this.#gone.delete(peer)) return
    this.#run(() => {
      this.#register({ type: 'back', peer })
      this.#setKeepers()
      for (const saving of [...this.keepers.values()]) if (!this.#isOld(saving.log)) this.#keep(saving, { type: 'back', peer })
      if (this.#env.connections().includes(peer)) this.#all({ type: 'connected', peer })
    })
  }

  #setKeepers (): void {
    if (!this.#plan.kept) return
    const live = this.#env.ids.filter(id => !this.#gone.has(id)).map(id => ({ id, weight: 1 }))
    this.#keeperIds = rendezvousRank('keepers', live).slice(0, KEEPERS).map(({ id }) => id)
    for (const saving of [...this.assigners.values()]) this.#assign(saving, { type: 'keepers', keepers: this.#keeperIds })
    for (const saving of [...this.keepers.values()]) this.#keep(saving, { type: 'keepers', keepers: this.#keeperIds })
  }

  /** What logs a publisher still has: its others are orphans. */
  #hello (from: string, logs: readonly LogId[]): void {
    for (const log of logs) this.#meet(log)
    for (const saving of [...this.keepers.values()]) {
      if (saving.log.publisher !== from || logs.some(log => logKey(log) === saving.name)) continue
      this.#epochs.set(`${from}/${saving.log.topic}`, Math.max(saving.log.epoch + 1, this.#epochs.get(`${from}/${saving.log.topic}`) ?? 0))
      this.#keep(saving, { type: 'gone', peer: from })
    }
  }

  #meet (log: LogId): void {
    const name = `${log.publisher}/${log.topic}`
    if ((this.#epochs.get(name) ?? 0) >= log.epoch) return
    this.#epochs.set(name, log.epoch)
    for (const saving of [...this.keepers.values()]) {
      if (saving.log.publisher === log.publisher && saving.log.topic === log.topic && this.#isOld(saving.log)) this.#keep(saving, { type: 'gone', peer: log.publisher })
    }
  }

  #isOld (log: LogId): boolean {
    return (this.#epochs.get(`${log.publisher}/${log.topic}`) ?? 0) > log.epoch
  }

  // --- messages

  #send (to: string, message: Net): void {
    const { id } = this.#env
    if (to === id) this.#local.push(() => { this.#receive(id, message) })
    else this.#links.send(to, message)
  }

  #receive (from: string, message: Net | Hello): void {
    if (message.type === 'hello') return this.#hello(from, message.logs)
    if (message.type === 'registry') return this.#register({ type: 'message', from, delta: message.delta })
    if (message.type === 'opened-all') {
      if (this.#unanswered.get(message.channel)?.delete(from) === true) this.#env.emit({ type: 'reached', channel: message.channel, publisher: from })
      return
    }
    if (message.type === 'batch') return this.#batch(from, message.batch)
    if (message.type === 'open' && message.log === undefined) return this.#answer(from, message)
    const log = message.log!
    const key = logKey(log)
    const assigner = this.assigners.get(key)
    switch (message.type) {
      case 'open': case 'credit': case 'ack': case 'lacks': case 'leave': case 'stale': case 'stored':
        if (assigner !== undefined) this.#assign(assigner, { type: 'message', from, message })
        break
      case 'fetch':
        if (assigner !== undefined) this.#assign(assigner, { type: 'message', from, message })
        else this.#toKeeper(log, from, message)
        break
      case 'range': case 'ask': this.#toKeeper(log, from, message); break
      case 'have': case 'cursors':
        if (assigner !== undefined && from !== this.#env.id) this.#assign(assigner, { type: 'message', from, message })
        this.#toKeeper(log, from, message)
        break
      case 'beat':
        this.#meet(log)
        this.#toKeeper(log, from, message)
        for (const channel of this.#matching(log.topic)) this.#consume(channel, { type: 'message', from, message })
        break
      case 'opened': case 'assign': case 'drop': case 'covered':
        if (this.consumers.has(message.channel)) this.#consume(message.channel, { type: 'message', from, message })
        break
    }
  }

  #matching (topic: string): string[] {
    return [...this.consumers.keys()].filter(channel => matches(channel.split('/')[0]!, topic))
  }

  #batch (from: string, batch: Batch): void {
    this.#meet(batch.log)
    if (this.#keeperIds.includes(this.#env.id) || this.keepers.has(logKey(batch.log))) this.#keep(this.#makeKeeper(batch.log), { type: 'batch', from, batch })
    for (const channel of this.#matching(batch.log.topic)) this.#consume(channel, { type: 'batch', from, batch })
  }

  #toKeeper (log: LogId, from: string, message: Extract<KeeperInput, { type: 'message' }>['message']): void {
    const known = this.keepers.get(logKey(log))
    if (known === undefined && (!this.#keeperIds.includes(this.#env.id) || message.type === 'range')) return
    this.#keep(known ?? this.#makeKeeper(log), { type: 'message', from, message })
  }

  /** Somebody subscribes: all own logs that match. */
  #answer (from: string, message: Extract<Net, { type: 'open' }>): void {
    let last: Saving<AssignerCore> | undefined
    for (const saving of [...this.assigners.values()]) {
      if (!matches(message.spec.pattern, saving.log.topic)) continue
      this.#assign(saving, { type: 'message', from, message: { ...message, log: saving.log } })
      last = saving
    }
    const done = (): void => { this.#send(from, { type: 'opened-all', channel: message.spec.channel }) }
    if (last === undefined) done()
    else this.#hold(last, Infinity, done)
  }

  // --- registry and subscriptions

  #open (plan: ChannelPlan): void {
    const { id, random } = this.#env
    this.#register({ type: 'open', ...askOf(plan, this.#plan, id, this.#env.wall(), random), weight: 1_024 })
  }

  #register (input: Untimed<RegistryInput>): void {
    for (const output of this.registry.step({ ...input, ...this.time() })) this.#obeyRegistry(output)
  }

  #obeyRegistry (output: RegistryOutput): void {
    const env = this.#env
    switch (output.type) {
      case 'spread':
        for (const peer of env.connections()) if (peer !== output.except) this.#send(peer, { type: 'registry', delta: output.delta })
        break
      case 'changed':
        for (const saving of [...this.assigners.values()]) if (matches(output.spec.pattern, saving.log.topic)) this.#assign(saving, { ...output, type: 'channel' })
        this.#consume(output.spec.channel, { type: 'spec', spec: output.spec })
        break
      case 'ended':
        for (const saving of [...this.assigners.values()]) this.#assign(saving, { ...output, type: 'channel-gone' })
        for (const saving of [...this.keepers.values()]) this.#keep(saving, { ...output, type: 'channel-gone' })
        this.consumers.delete(output.channel)
        break
      case 'opened': this.#subscribe(output.spec, output.fresh); break
      case 'problem': throw new Error(`registry: ${output.message} by ${output.peer}`)
    }
  }

  #subscribe (spec: ChannelSpec, fresh: boolean): void {
    const env = this.#env
    const { channel } = spec
    const session = env.life * 1_000 + ++this.#count
    this.sessions.set(channel, session)
    this.consumers.set(channel, this.#cores.createConsumer({ self: env.id, spec, session, time: this.time(), concurrency: CONCURRENCY, prefetch: PREFETCH }))
    env.emit({ type: 'subscribed', channel, start: spec.start })
    for (const peer of env.connections()) this.#consume(channel, { type: 'connected', peer })
    const peers = [env.id, ...env.connections()]
    this.#unanswered.set(channel, new Set(peers))
    for (const peer of peers) this.#send(peer, { type: 'open', log: undefined, spec, weight: 1_024, fresh, session, prefetch: 0, concurrency: CONCURRENCY, holds: [], low: 0, outcomes: { done: [], naks: [], terms: [], expired: [], working: [] } })
  }

  // --- consumers

  #consume (channel: string, input: Untimed<ConsumerInput>): void {
    const core = this.consumers.get(channel)
    if (core === undefined) return
    for (const output of core.step({ ...input, ...this.time() })) this.#obeyConsumer(channel, output)
    if (this.#plan.faultless && core.held > PREFETCH + 10) throw new Error(`D6: ${channel} at ${this.#env.id} holds ${core.held} of ${PREFETCH}`)
  }

  #obeyConsumer (channel: string, output: ConsumerOutput): void {
    switch (output.type) {
      case 'run': this.#handle(channel, output.item); break
      case 'send': this.#send(output.to, output.message); break
      case 'abandon': this.#env.count('abandoned'); break
      case 'problem': throw new Error(`${this.#env.id}: ${output.message} by ${output.peer}`)
      case 'left': this.#local.push(() => { this.#left(channel) }); break
      case 'joined': break
    }
  }

  /** Nobody takes it, nor anything more for a moment. */
  #decline (channel: string, item: Held): void {
    const core = this.consumers.get(channel)
    this.#env.count('declined')
    this.#local.push(() => {
      if (this.consumers.get(channel) !== core) return
      this.#consume(channel, { type: 'settle', item, how: 'unstarted' })
      this.#later(this.#env.random.between(0, 300), () => { if (this.consumers.get(channel) === core) this.#consume(channel, { type: 'wanted', count: Infinity }) })
    })
  }

  #handle (channel: string, item: Held): void {
    const { random } = this.#env
    if (this.#env.now() < this.#declines && random.chance(0.5)) return this.#decline(channel, item)
    const { log, message, attempt: delivery, unstarted } = item
    const attempt = delivery - unstarted
    const id = `${logKey(log)}/${message.seq}`
    const body = decoder.decode(message.payload)
    const about = { channel, log: logKey(log), seq: message.seq, id, body, attempt, key: message.key }
    this.#env.emit({ type: 'run', ...about })
    if (random.chance(this.#plan.hangs)) return this.#env.count('hangs')
    const name = `work${++this.#works}`
    const core = this.consumers.get(channel)
    this.#work.set(name, () => {
      // it took too long to leave
      if (this.consumers.get(channel) !== core) return
      const ok = !isPoison(this.#plan, id) && !random.chance(this.#plan.fails)
      this.#env.emit({ type: ok ? 'done' : 'thrown', ...about })
      if (!ok) this.#env.count('thrown')
      this.#consume(channel, ok ? { type: 'settle', item, how: 'ack' } : { type: 'settle', item, how: 'nak', reason: 'thrown' })
    })
    this.#env.setTimer(name, random.between(0, this.#plan.work))
  }

  // --- publisher

  #publish (): void {
    const env = this.#env
    if (this.#isOver()) return
    env.setTimer('publish', env.random.between(5, this.#plan.pace))
    for (const topic of this.#plan.publishers.get(env.id) ?? []) {
      const saving = this.assigners.get(this.#ownLog(topic)) ?? this.#makeLog(topic)
      const created = Array.from({ length: 1 + env.random.int(3) }, () => {
        const payload = encoder.encode(`${env.id}.${env.life}.${++this.#count}`)
        return { payload, key: this.#plan.keys > 0 && env.random.chance(0.8) ? `k${env.random.int(this.#plan.keys)}` : undefined }
      })
      const waiting = this.#backlog.get(saving.name) ?? []
      this.#backlog.set(saving.name, [])
      const all = [...waiting, ...created]
      this.#backlog.set(saving.name, all)
      this.#assign(saving, { type: 'publish', messages: all.map(({ payload, key }) => ({ at: env.wall(), ttl: 0, key, payload })) })
    }
  }

  #ownLog (topic: string): string {
    for (const [key, { log }] of this.assigners) if (log.publisher === this.#env.id && log.topic === topic) return key
    return ''
  }

  #makeLog (topic: string): Saving<AssignerCore> {
    const env = this.#env
    const { persistent } = this.#plan
    const stored = persistent ? env.disk.read(`log/${topic}`) as Meta | undefined : undefined
    const log: LogId = { topic, publisher: env.id, epoch: stored?.epoch ?? env.life + 1 }
    const meta: Meta = stored ?? { epoch: log.epoch, first: 1, last: 0, state: undefined }
    const saving = this.#saving(log, meta, this.#cores.createAssigner({
      self: env.id, log, random: env.random, time: this.time(), persistent, ...stored === undefined ? {} : { restored: { messages: this.#stored(`m/${topic}`, meta), last: meta.last, state: meta.state } }
    }))
    this.#adopt(saving)
    return saving
  }

  /** A new assigner learns what this node knows. */
  #adopt (saving: Saving<AssignerCore>): void {
    this.assigners.set(saving.name, saving)
    if (this.#plan.kept) this.#assign(saving, { type: 'keepers', keepers: this.#keeperIds })
    for (const { spec, members } of this.registry.matching(saving.log.topic)) this.#assign(saving, { type: 'channel', spec, members })
    for (const peer of this.#env.connections()) this.#assign(saving, { type: 'connected', peer })
  }

  #assign (saving: Saving<AssignerCore>, input: Untimed<AssignerInput>): void {
    for (const output of saving.core.step({ ...input, ...this.time() })) this.#obeyAssigner(saving, output)
  }

  #obeyAssigner (saving: Saving<AssignerCore>, output: AssignerOutput): void {
    const env = this.#env
    const { log, name } = saving
    switch (output.type) {
      case 'published': {
        const messages = this.#backlog.get(name) ?? []
        this.#backlog.set(name, [])
        messages.forEach(({ payload, key }, i) => {
          env.emit({ type: 'published', log: name, seq: output.first + i, body: decoder.decode(payload), key, channels: output.channels })
        })
        break
      }
      case 'full': env.count('full'); break
      case 'append':
        for (const message of output.messages) env.disk.write(`m/${log.topic}/${message.seq}`, message)
        saving.meta = { ...saving.meta, last: output.messages.at(-1)!.seq }
        this.#store(`log/${log.topic}`, 'a', saving, output.id)
        this.#hold(saving, output.id, () => { for (const { seq } of output.messages) env.emit({ type: 'outbox', log: name, seq }) })
        break
      case 'save':
        saving.meta = { ...saving.meta, state: output.state }
        this.#store(`log/${log.topic}`, 'a', saving, output.id)
        break
      case 'trim': saving.meta = { ...saving.meta, first: output.upto + 1 }; break
      case 'publish':
        this.#hold(saving, output.after, () => {
          env.emit({ type: 'assigned', log: name, generation: output.batch.generation, batch: output.batch })
          this.#gossip(name, output.batch)
        })
        break
      case 'send':
        this.#hold(saving, output.after, () => {
          const { message, to } = output
          if (message.type === 'assign') env.emit({ type: 'sent', log: name, generation: message.generation, to, channel: message.channel, items: message.items })
          this.#send(to, message)
        }, output.to)
        break
      case 'stored': env.emit({ type: 'stored', log: name, upto: output.upto, by: output.by }); break
      case 'dead':
        env.emit({ type: 'dead', log: name, channel: output.channel, seq: output.message.seq, attempt: output.attempt })
        this.#later(5, () => { if (this.assigners.get(name) === saving) this.#assign(saving, { type: 'buried', channel: output.channel, seq: output.message.seq }) })
        break
      case 'redelivered': env.emit({ ...output, log: name }); break
      case 'lost': env.emit({ ...output, log: name }); break
      case 'assigning': env.emit({ ...output, log: name }); break
      case 'deposed':
        env.count('deposed')
        if (log.publisher !== env.id) this.#discard(saving, output.generation)
        break
      case 'problem': throw new Error(`${env.id}: ${output.message} by ${output.peer}`)
      case 'room': case 'handled': case 'expired': break
    }
  }

  #discard (saving: Saving<AssignerCore>, generation: Generation): void {
    if (this.assigners.get(saving.name) !== saving) return
    this.assigners.delete(saving.name)
    const keeper = this.keepers.get(saving.name)
    if (keeper !== undefined) this.#local.push(() => { this.#keep(keeper, { type: 'deposed', generation }) })
  }

  #gossip (name: string, batch: Batch): void {
    const { id } = this.#env
    for (const { seq } of batch.messages) this.#env.emit({ type: 'left', log: name, seq })
    for (const peer of this.#env.connections()) this.#env.send(peer, { t: 'g', batch } satisfies Wire)
    this.#local.push(() => { this.#batch(id, batch) })
  }

  #later (ms: number, run: () => void): void {
    const name = `work${++this.#works}`
    this.#work.set(name, run)
    this.#env.setTimer(name, ms)
  }

  // --- keeper

  #makeKeeper (log: LogId): Saving<KeeperCore> {
    const key = logKey(log)
    const known = this.keepers.get(key)
    if (known !== undefined) return known
    const env = this.#env
    const { persistent } = this.#plan
    const stored = persistent ? env.disk.read(`kept/${key}`) as Meta | undefined : undefined
    const meta = stored ?? { epoch: log.epoch, first: Infinity, last: 0, state: undefined }
    const saving = this.#saving(log, meta, this.#cores.createKeeper({
      self: env.id, log, random: env.random, time: this.time(), persistent, ...stored === undefined ? {} : { restored: { messages: this.#stored(`k/${key}`, meta), last: meta.last, state: meta.state } }
    }))
    this.keepers.set(key, saving)
    if (persistent) env.disk.write('kept', [...this.keepers.values()].map(({ log }) => log))
    this.#keep(saving, { type: 'keepers', keepers: this.#keeperIds })
    for (const peer of env.connections()) this.#keep(saving, { type: 'connected', peer })
    for (const peer of this.#gone) this.#keep(saving, { type: 'gone', peer })
    if (this.#isOld(log)) this.#keep(saving, { type: 'gone', peer: log.publisher })
    return saving
  }

  #keep (saving: Saving<KeeperCore>, input: Untimed<KeeperInput>): void {
    for (const output of saving.core.step({ ...input, ...this.time() })) this.#obeyKeeper(saving, output)
  }

  #obeyKeeper (saving: Saving<KeeperCore>, output: KeeperOutput): void {
    const env = this.#env
    const { log, name } = saving
    switch (output.type) {
      case 'append': {
        let { first, last } = saving.meta
        for (const message of output.messages) {
          env.disk.write(`k/${name}/${message.seq}`, message)
          first = Math.min(first, message.seq)
          last = Math.max(last, message.seq)
        }
        saving.meta = { ...saving.meta, first, last }
        this.#store(`kept/${name}`, 'k', saving, output.id)
        break
      }
      case 'save':
        saving.meta = { ...saving.meta, state: output.state }
        this.#store(`kept/${name}`, 'k', saving, output.id)
        break
      case 'trim': break
      case 'send': this.#hold(saving, output.after, () => { this.#send(output.to, output.message) }, output.to); break
      case 'take-over': {
        env.count(output.complete ? 'takeovers' : 'incomplete takeovers')
        const { createAssigner } = this.#cores
        this.#adopt(this.#saving(log, { epoch: log.epoch, first: 1, last: 0, state: undefined }, createAssigner({
          self: env.id, log, random: env.random, time: this.time(), restored: saving.core.restored(), takeOver: output
        })))
        break
      }
      case 'give-back': {
        env.count('given back')
        const assigner = this.assigners.get(name)
        if (assigner !== undefined) {
          this.#assign(assigner, { type: 'stop' })
          this.#discard(assigner, output.generation)
        }
        break
      }
      case 'copies': {
        const assigner = this.assigners.get(name)
        if (assigner !== undefined) this.#assign(assigner, output)
        break
      }
      case 'forget': break
      case 'problem': throw new Error(`${env.id}: ${output.message} by ${output.peer}`)
    }
  }

  // --- disk

  #saving <C> (log: LogId, meta: Meta, core: C): Saving<C> {
    return { core, log, name: logKey(log), saved: 0, held: [], meta }
  }

  #stored (prefix: string, { first, last }: Meta): Message[] {
    const messages: Message[] = []
    for (let seq = first; seq <= last; seq++) {
      const message = this.#env.disk.read(`${prefix}/${seq}`) as Message | undefined
      if (message !== undefined) messages.push(message)
    }
    return messages
  }

  #store (key: string, kind: 'a' | 'k', saving: Saving<unknown>, id: number): void {
    this.#env.disk.write(key, saving.meta)
    this.#env.disk.sync(`${kind}|${saving.name}|${id}`)
  }

  /** `after` Infinity: all that was saved so far. */
  #hold (saving: Saving<unknown>, after: number, run: () => void, to?: string): void {
    const wanted = after === Infinity ? saving.held.at(-1)?.after ?? 0 : after
    if (wanted <= saving.saved) run()
    else saving.held.push({ after: wanted, to, run })
  }

  #saved (saving: Saving<AssignerCore> | Saving<KeeperCore>, id: number): void {
    if (id <= saving.saved) return
    saving.saved = id
    const due = saving.held.filter(({ after }) => after <= id)
    saving.held = saving.held.filter(({ after }) => after > id)
    for (const { run } of due) run()
  }
}
