/** What must hold for deliveries: D1 to D10. */
import { createAssigner } from '../../../src/pubsub/assigner.core.ts'
import { createConsumer } from '../../../src/pubsub/consumer.core.ts'
import { createKeeper } from '../../../src/pubsub/keeper.core.ts'
import { matches } from '../../../src/pubsub/names.core.ts'
import { createRegistry } from '../../../src/pubsub/registry.core.ts'
import { Violation } from '../kernel/types.ts'
import { CONCURRENCY, drawPlan, MAX_DELIVER, MOST_DELIVER, TOPICS } from './pubsub-plan.ts'
import { PubsubProcess } from './pubsub-process.ts'
import { Work } from './pubsub-work.ts'
import type { Batch, Generation } from '../../../src/pubsub/types.core.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Client, Fault, FaultKind, SimEvent } from '../kernel/types.ts'
import type { SimNode } from '../kernel/node.ts'
import type { World } from '../kernel/world.ts'
import type { Random } from '../../../src/util/random.core.ts'
import type { ChannelPlan, Plan } from './pubsub-plan.ts'
import type { Cores } from './pubsub-process.ts'

const FAULTS: readonly FaultKind[] = ['kill', 'poweroff', 'wipe', 'torn', 'stall', 'freeze', 'stop', 'sleep', 'halves', 'isolate', 'ring', 'pair', 'oneWay', 'reset', 'slow', 'lossy', 'slowDisk', 'drift']
const SCHEDULE = { until: 20_000, healAt: 22_000, sizes: [2, 3, 3, 4, 5, 5, 7], intensity: 0.7, drift: 0.2, lossy: 0.15 }
/** Publishing goes on for a while in good times; then all has to end well. */
const PUBLISH_ON = 2_000
const SETTLE = 45_000
const CHECK_EVERY = 500
/** What was acked so long before its publisher died is known to the keepers, unless something else went wrong. */
const SYNCED = 1_000
/** Faults after which nobody assigns whom the keepers do not hear. */
const CLEAN: readonly FaultKind[] = ['kill', 'poweroff', 'drift', 'slowDisk']

interface Published {
  readonly log: string, readonly seq: number, readonly topic: string, readonly publisher: string, readonly life: number, readonly body: string, readonly key: string | undefined
  readonly at: number
  sent: boolean
  outbox: boolean
  /** Keeper -> its life when it had stored it. */
  stored: Map<string, number> | undefined
}

interface Delivery {
  runs: number
  /** With which it was begun. */
  readonly attempts: Set<number>
  redelivered: number
  dead: number
  lost: boolean
  /** Where it was handled: which consumer of which node and life. */
  readonly done: Set<string>
  /** Where it was begun. */
  readonly begun: Set<string>
  doneAt: number
}

const CORES: Cores = { createAssigner, createConsumer, createKeeper, createRegistry }

export function pubsubClient (name = 'pubsub', cores: Cores = CORES): ClientFactory {
  return {
    name,
    faults: FAULTS,
    workload,
    schedule: SCHEDULE,
    mustHappen: ['restarts', 'departed', 'paused', 'declined', 'clockJump', 'takeovers', 'given back', 'deposed', 'resumed', 'handled', 'thrown', 'hangs', 'abandoned', 'judged gone', 'dead letters', 'streams cut', 'owed', 'settings changed'],
    create: world => new PubsubClient(world, cores)
  }
}

function workload (random: Random, ids: readonly string[], until: number): Fault[] {
  return [...deaths(random, until), ...departures(random.fork('departures'), ids, until), ...clocks(random.fork('clocks'), ids, until), ...pauses(random.fork('pauses'), ids, until), ...declines(random.fork('declines'), ids, until)]
}

/** Now and then whoever publishes dies, for long enough that a keeper takes over. */
export function deaths (random: Random, until: number): Fault[] {
  if (!random.chance(0.3)) return []
  return [{ kind: 'leader', at: random.between(10_000, until - 5_000), how: 'kill', ms: random.between(5_000, 9_000) }]
}

/** Consumers leave, and come back. */
function departures (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.3)) return []
  return Array.from({ length: 1 + random.int(4) }, () => ({ kind: 'command', at: random.between(4_000, until), node: random.pick(ids)!, name: 'leave', argument: { back: random.between(1, 6_000) } }))
}

/** Consumers take nothing for a while. */
function pauses (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.3)) return []
  return Array.from({ length: 1 + random.int(6) }, () => ({ kind: 'command', at: random.between(4_000, until), node: random.pick(ids)!, name: 'pause', argument: { ms: random.between(1, random.pick([3_000, 10_000])!) } }))
}

/** Handlers go, and leave some of what they are given to others: as an iteration that ends. */
function declines (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.3)) return []
  return Array.from({ length: 1 + random.int(4) }, () => ({ kind: 'command', at: random.between(4_000, until), node: random.pick(ids)!, name: 'decline', argument: { ms: random.between(1, 3_000) } }))
}

/** Wall clocks are set forward and back by up to a minute, one of them about when channels are made. */
function clocks (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.15)) return []
  return Array.from({ length: 1 + random.int(4) }, (_, i) => ({ kind: 'clockJump', at: random.between(0, i === 0 ? 4_000 : until), node: random.pick(ids)!, ms: random.between(-60_000, 60_000) }))
}

class PubsubClient implements Client {
  readonly name = 'pubsub'
  readonly faults = FAULTS
  readonly mustHappen = []
  readonly #world: World
  readonly #cores: Cores
  readonly #plan: Plan
  /** By log and seq. */
  readonly #messages = new Map<string, Published>()
  readonly #deliveries = new Map<string, Delivery>()
  /** Channel and publisher -> when it was told, in which life. */
  readonly #reached = new Map<string, Array<{ at: number, life: number }>>()
  readonly #starts = new Map<string, string>()
  readonly #regimes = new Map<string, number>()
  /** By generation, channel and message: attempt and consumer. */
  readonly #assigned = new Map<string, { attempt: number, to: string }>()
  /** By channel, log and key: the last message that was begun for the first time. */
  readonly #order = new Map<string, number>()
  readonly #verified = new Map<string, number>()
  readonly #wiped = new Map<string, number>()
  /** Log -> when its publisher died, from which a keeper took over with all that there was to know. */
  readonly #takeovers = new Map<string, number>()
  readonly #clean: boolean
  readonly #departs: boolean
  readonly #work = new Work()
  #nextCheck = 0

  constructor (world: World, cores: Cores) {
    this.#world = world
    this.#cores = cores
    const { seed, ids, enabled, drop, faults } = world.scenario
    this.#plan = drawPlan(seed, ids, enabled.length === 0 && drop === 0 && faults.every(({ kind }) => kind === 'command'), enabled.length === 0 && faults.some(({ kind }) => kind === 'leader'))
    this.#departs = faults.some(fault => fault.kind === 'command' && fault.name === 'leave')
    this.#clean = enabled.every(kind => CLEAN.includes(kind)) && drop === 0
    for (const fault of faults) if (fault.kind === 'kill' && fault.disk !== 'keep') this.#wiped.set(fault.node, Math.max(fault.at, this.#wiped.get(fault.node) ?? 0))
  }

  /** The time in which its consumers can do no more counts against no channel. */
  get settleTime (): number {
    return SETTLE + this.#work.late
  }

  create (): PubsubProcess {
    return new PubsubProcess(this.#cores, this.#plan, () => this.#world.now > this.#world.scenario.healAt + PUBLISH_ON)
  }

  leader (): string | undefined {
    return [...this.#plan.publishers.keys()].find(id => this.#isWell(id))
  }

  observe (node: string, event: SimEvent): void {
    const of = event as unknown as { log: string, channel: string, seq: number }
    switch (event.type) {
      case 'published': this.#published(node, event as never); break
      case 'left': this.#message(of.log, of.seq, message => { message.sent = true }); break
      case 'outbox': this.#message(of.log, of.seq, message => { message.outbox = true }); break
      case 'stored': this.#stored(of.log, event as never); break
      case 'run': this.#run(node, event as never); break
      case 'done': this.#done(node, event as never); break
      case 'thrown': this.#work.ended(of.channel, this.#who(node, of.channel), `${of.log}/${of.seq}`); break
      case 'dead':
        this.#delivery(of.channel, of.log, of.seq).dead++
        this.#world.count('dead letters')
        this.#checkDead(of)
        break
      case 'lost': this.#lost(event as never); break
      case 'redelivered': {
        if (this.#plan.faultless && event['cause'] !== 'left') throw new Violation('D10', `${of.channel} gets ${of.log}/${of.seq} again: ${String(event['cause'])}`)
        this.#delivery(of.channel, of.log, of.seq).redelivered++
        break
      }
      case 'assigned': this.#checkBatch(of.log, event as never); break
      case 'sent': this.#checkSent(event as never); break
      case 'assigning': this.#assigning(event as never); break
      case 'subscribed': this.#starts.set(of.channel, String(event['start'])); break
      case 'reached': {
        const { publisher } = event as unknown as { publisher: string }
        const key = `${of.channel}|${publisher}`
        this.#reached.set(key, [...this.#reached.get(key) ?? [], { at: this.#world.now, life: this.#life(publisher) }])
        break
      }
    }
  }

  #life (id: string): number {
    return this.#world.nodes.get(id)!.life
  }

  /** One consumer: a node may leave a channel, and come back as another one. */
  #who (id: string, channel: string): string {
    return `${id}.${this.#life(id)}.${processOf(this.#world.nodes.get(id)!).sessions.get(channel)}`
  }

  #message (log: string, seq: number, change: (message: Published) => void): void {
    const message = this.#messages.get(`${log}/${seq}`)
    if (message !== undefined) change(message)
  }

  #delivery (channel: string, log: string, seq: number): Delivery {
    const key = `${channel}|${log}/${seq}`
    let delivery = this.#deliveries.get(key)
    if (delivery === undefined) this.#deliveries.set(key, delivery = { runs: 0, attempts: new Set(), redelivered: 0, dead: 0, lost: false, done: new Set(), begun: new Set(), doneAt: Infinity })
    return delivery
  }

  #published (node: string, { log, seq, body, key }: { log: string, seq: number, body: string, key: string | undefined }): void {
    const id = `${log}/${seq}`
    const known = this.#messages.get(id)
    const [topic = '', publisher = ''] = log.split('/')
    // one that never left may have its number used again
    if (known?.sent === true) throw new Violation('D2', `${node} uses ${id} for ${body}, it was ${known.body}`)
    this.#messages.set(id, { log, seq, topic, publisher, life: this.#life(publisher), body, key, at: this.#world.now, sent: false, outbox: false, stored: undefined })
  }

  #stored (log: string, { upto, by }: { upto: number, by: readonly string[] }): void {
    const lives = new Map(by.map(id => [id, this.#life(id)]))
    for (let seq = upto; seq > 0; seq--) {
      const message = this.#messages.get(`${log}/${seq}`)
      if (message === undefined || message.stored !== undefined) break
      message.stored = lives
      this.#world.count('stored')
    }
  }

  #run (node: string, { channel, log, seq, id, body, key, attempt }: { channel: string, log: string, seq: number, id: string, body: string, key: string | undefined, attempt: number }): void {
    const message = this.#messages.get(id)
    if (message === undefined) throw new Violation('D2', `${node} got ${id}, which nobody published`)
    if (message.body !== body || message.key !== key) throw new Violation('D2', `${node} got ${id} as ${body}, it was ${message.body}`)
    if (!matches(channel.split('/')[0]!, message.topic)) throw new Violation('D2', `${channel} got ${id}`)
    const delivery = this.#delivery(channel, log, seq)
    const who = this.#who(node, channel)
    this.#work.began(channel, who, id, this.#world.now, delivery.done.size === 0 && delivery.dead === 0 && delivery.runs < MOST_DELIVER * (1 + (this.#regimes.get(log) ?? 0)), key === undefined ? undefined : `${log}/${key}`)
    if (delivery.done.has(who)) throw new Violation('D4', `${who} handles ${id} of ${channel} again`)
    const regimes = this.#regimes.get(log) ?? 0
    // what is under way to a consumer that has left reaches the one that came back
    if (!delivery.begun.has(who) && [...delivery.begun].some(other => other.startsWith(`${node}.${this.#life(node)}.`))) delivery.redelivered++
    delivery.begun.add(who)
    if (delivery.runs > delivery.redelivered + regimes) throw new Violation('D4', `${who} begins ${id} of ${channel} for the ${delivery.runs + 1}. time without a cause`)
    if (this.#plan.faultless && delivery.runs > 0) throw new Violation('D10', `${who} begins ${id} of ${channel} for the ${delivery.runs + 1}. time`)
    this.#checkTries(`${id} of ${channel}`, log, delivery.attempts, attempt)
    delivery.attempts.add(attempt)
    delivery.runs++
    if (delivery.runs > 1) this.#repeated(id, channel, delivery, log)
    // what became a dead letter holds nobody up any more; a consumer that was cut off may begin it all the same
    else if (key !== undefined && delivery.dead === 0) this.#checkOrder(who, channel, log, key, seq)
  }

  #done (node: string, { channel, log, seq }: { channel: string, log: string, seq: number }): void {
    const delivery = this.#delivery(channel, log, seq)
    const who = this.#who(node, channel)
    delivery.done.add(who)
    this.#work.ended(channel, who, `${log}/${seq}`)
    delivery.doneAt = Math.min(delivery.doneAt, this.#world.now)
    this.#world.count('handled')
  }

  #lost ({ channel, log, ranges }: { channel: string, log: string, ranges: readonly number[] }): void {
    this.#world.count('lost ranges')
    for (let i = 0; i < ranges.length; i += 2) {
      for (let seq = ranges[i]!; seq <= ranges[i + 1]!; seq++) this.#delivery(channel, log, seq).lost = true
    }
  }

  /** D5: one dead letter, but for what a new assigner does not know. */
  #checkDead ({ channel, log, seq }: { channel: string, log: string, seq: number }): void {
    const { dead } = this.#delivery(channel, log, seq)
    if (dead > 1 + (this.#regimes.get(log) ?? 0)) throw new Violation('D5', `${log}/${seq} dies ${dead} times in ${channel}`)
  }

  /** Each begin is another attempt, while the same one assigns. What was given back is none; what was under way to one that left may be. */
  #checkTries (what: string, log: string, before: ReadonlySet<number>, attempt: number): void {
    if (before.has(attempt) && !this.#regimes.has(log)) throw new Violation('attempt', `${what} is begun as attempt ${attempt} once more`)
    if (attempt > 1 && this.#plan.faultless && !this.#departs) throw new Violation('attempt', `${what} is begun as attempt ${attempt}, and nobody began it before`)
  }

  /** D7: the messages of a key begin in order, while the same one assigns. */
  #checkOrder (who: string, channel: string, log: string, key: string, seq: number): void {
    const name = `${channel}|${log}|${key}`
    const before = this.#order.get(name) ?? 0
    if (seq < before && !this.#regimes.has(log)) throw new Violation('D7', `${who} begins ${log}/${seq} of key ${key} in ${channel} after ${before}`)
    this.#order.set(name, seq)
  }

  // --- assigners

  #assigning ({ log, complete }: { log: string, complete: boolean }): void {
    this.#regimes.set(log, (this.#regimes.get(log) ?? 0) + 1)
    const publisher = this.#world.nodes.get(log.split('/')[1]!)!
    const others = [...this.#world.nodes.values()].filter(node => node !== publisher)
    // the first failure of all
    const first = this.#clean && publisher.status !== 'up' && others.every(({ status, life }) => status === 'up' && life === 0)
    if (complete && first) this.#takeovers.set(log, publisher.since)
    else this.#takeovers.delete(log)
  }

  /** A takeover repeats what was in flight or just acked, and nothing older. */
  #repeated (id: string, channel: string, { doneAt }: Delivery, log: string): void {
    const died = this.#takeovers.get(log)
    if (died === undefined || doneAt > died - SYNCED) return
    throw new Violation('takeover', `${id} of ${channel} was handled ${Math.round(died - doneAt)} ms before its publisher died, and is again`)
  }

  /** D3: within a generation a message is one consumer's at a time. */
  #checkBatch (log: string, { generation, batch }: { generation: Generation, batch: Batch }): void {
    for (const { channel, members, to } of batch.channels) {
      to.forEach((index, i) => { if (index > 0) this.#checkAttempt(log, generation, channel, batch.messages[i]!.seq, members[index - 1]!, 1) })
    }
  }

  #checkSent ({ log, generation, to, channel, items }: { log: string, generation: Generation, to: string, channel: string, items: ReadonlyArray<{ message: { seq: number }, attempt: number }> }): void {
    for (const { message: { seq }, attempt } of items) this.#checkAttempt(log, generation, channel, seq, to, attempt)
  }

  #checkAttempt (log: string, { number, by }: Generation, channel: string, seq: number, to: string, attempt: number): void {
    // a publisher that comes back asks, and assigns with a higher generation
    const key = `${log}/${number}/${by}/${channel}/${seq}`
    const last = this.#assigned.get(key)
    if (last !== undefined && (attempt < last.attempt || (attempt === last.attempt && to !== last.to))) {
      throw new Violation('D3', `${log}/${seq} of ${channel} is given to ${to} as attempt ${attempt}, ${last.to} has attempt ${last.attempt}`)
    }
    this.#assigned.set(key, { attempt, to })
  }

  // --- after each step

  check (): void {
    const { now } = this.#world
    if (now < this.#nextCheck) return
    this.#nextCheck = now + CHECK_EVERY
    if (this.#world.healed) this.#measure()
    for (const node of this.#world.up()) {
      const { assigners, keepers } = processOf(node)
      for (const { core, name } of assigners.values()) for (const { channel, low } of core.status().channels) this.#checkLow(node.id, channel, name, low)
      for (const { core, name } of keepers.values()) for (const { channel, low } of core.restored().state?.cursors ?? []) this.#checkLow(node.id, channel, name, low)
    }
  }

  /** Whose consumers have their hands full. */
  #measure (): void {
    for (const plan of this.#plan.channels) {
      const channel = `${plan.pattern}/${plan.name}`
      const consumers = this.#consumers(plan)
      const full = consumers.map(id => {
        const spec = processOf(this.#world.nodes.get(id)!).registry.matching(TOPICS[0]).find(known => known.spec.channel === channel)?.spec
        return spec !== undefined && this.#work.busy(channel, this.#who(id, channel), this.#world.now, spec.ackWait, CHECK_EVERY) >= CONCURRENCY
      })
      if (consumers.length === 0 || full.includes(false)) continue
      this.#work.wasFull(channel, CHECK_EVERY)
      this.#world.count('hands full')
    }
  }

  /** Those that can take something. */
  #consumers ({ pattern, name, consumers }: ChannelPlan): string[] {
    return consumers.filter(id => this.#isWell(id) && processOf(this.#world.nodes.get(id)!).consumers.has(`${pattern}/${name}`))
  }

  /** D8: no watermark passes what is not final. */
  #checkLow (node: string, channel: string, log: string, low: number): void {
    const key = `${channel}|${log}`
    const from = this.#verified.get(key) ?? 0
    for (let seq = from + 1; seq <= low; seq++) {
      const message = this.#messages.get(`${log}/${seq}`)
      if (message === undefined || !this.#isOwed(channel, message) || this.#isFinal(channel, message)) continue
      throw new Violation('D8', `${node} takes ${log} for done in ${channel} up to ${low}, but ${seq} is not`)
    }
    this.#verified.set(key, Math.max(from, low))
  }

  #isFinal (channel: string, { log, seq }: Published): boolean {
    const { done, dead, lost } = this.#delivery(channel, log, seq)
    return done.size > 0 || dead > 0 || lost
  }

  /** The channel was promised it: it begins at the beginning, or its publisher knew of it before. What it is told is kept with its log, if it has one. */
  #isOwed (channel: string, { topic, publisher, at, life, log }: Published): boolean {
    if (!matches(channel.split('/')[0]!, topic) || !this.#starts.has(channel)) return false
    if (this.#starts.get(channel) === 'beginning') return true
    const reached = this.#reached.get(`${channel}|${publisher}`) ?? []
    const begun = Number(log.split('/')[2]) - 1
    return reached.some(told => told.at < at && (told.life === life || (this.#plan.persistent && told.life >= begun && (this.#wiped.get(publisher) ?? 0) < told.at)))
  }

  // --- at the end

  settled (): string | undefined {
    const disagreement = this.#disagreement()
    if (disagreement !== undefined) return disagreement
    for (const plan of this.#plan.channels) {
      const channel = `${plan.pattern}/${plan.name}`
      if (this.#consumers(plan).length === 0) continue
      for (const message of this.#messages.values()) {
        if (!this.#isOwed(channel, message) || !this.#isSafe(message)) continue
        this.#world.count('owed')
        const { done, dead, lost } = this.#delivery(channel, message.log, message.seq)
        if (done.size === 0 && dead === 0) return `D1: ${message.log}/${message.seq} (${message.body}, ${Math.round(message.at)} ms) never came to ${channel}${lost ? ': given up' : ''}`
      }
    }
    return undefined
  }

  /** R1: what a channel is, is the same everywhere. */
  #disagreement (): string | undefined {
    for (const topic of TOPICS) {
      const known = new Map<string, string>()
      for (const node of this.#world.up()) {
        if (!this.#isWell(node.id)) continue
        for (const { spec } of processOf(node).registry.matching(topic)) {
          const text = JSON.stringify(spec)
          if (text !== (known.get(spec.channel) ?? text)) return `R1: ${spec.channel} is ${text} at ${node.id}, and ${known.get(spec.channel)} elsewhere`
          known.set(spec.channel, text)
          if (spec.maxDeliver > MAX_DELIVER) this.#world.count('settings changed')
        }
      }
    }
    return undefined
  }

  #isWell (id: string): boolean {
    const node = this.#world.nodes.get(id)!
    return node.status === 'up' && !node.frozen && node.process !== undefined
  }

  /** What happened is no more than what its receipt stands. */
  #isSafe ({ publisher, life, at, sent, outbox, stored }: Published): boolean {
    const { persistent } = this.#plan
    const intact = (id: string, since: number): boolean => this.#isWell(id) && (this.#life(id) === since || (persistent && (this.#wiped.get(id) ?? 0) < at))
    if (sent && this.#isWell(publisher) && this.#life(publisher) === life) return true
    if (outbox && intact(publisher, life)) return true
    return stored !== undefined && [...stored].filter(([id, since]) => intact(id, since)).length >= 2
  }
}

function processOf (node: SimNode): PubsubProcess {
  return node.process as PubsubProcess
}
