/** The logs that this node assigns: its own, and those that it took over as their keeper. */
// first, as in assemble.ts: 0.2 kB
import { burial } from './burial.ts'
import { InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { time } from '../util/clocks.ts'
import { timers } from '../util/timers.ts'
import { MAX_PUBLISHER_TOPICS } from '../wire/limits.ts'
import { deadTopic } from './names.ts'
import { Announced } from './announced.ts'
import { LogDriver } from './log.ts'
import { LogFile, storedLogs } from './log-file.ts'
import { isDead, logKey, matches, nameOf } from './names.core.ts'
import { Outbox } from './outbox.ts'
import { messageId } from './topic.ts'
import { BURY_AGAIN, EPOCH_BITS } from './numbers.ts'
import type { Context } from './context.ts'
import type { Courier } from './courier.ts'
import type { OutboxOptions } from './index.ts'
import type { Outcomes } from './types.core.ts'
import type { Restored } from './log-file.ts'
import type { Timeless } from './loop.ts'
import type { Registry } from './registry.ts'
import type { AssignerInput, AssignerOutput, Batch, ChannelSpec, Generation, KeeperNet, LogId, Member, ToAssigner } from './types.core.ts'

/** Of a topic that nobody here has opened. */
const NOTHING_ASKED: OutboxOptions = {}

/** Of a consumer that has had nothing of the log. */
export const NO_OUTCOMES: Outcomes = { done: [], naks: [], terms: [], expired: [], working: [] }

export interface LogsInit {
  context: Context
  courier: Courier
  registry: Registry
  /** A batch of this node, for its own consumers. */
  onBatch: (batch: Batch) => void
  onDeposed: (log: LogId, generation: Generation) => void
}

export class Logs {
  /** What each node takes of each channel. */
  readonly announced = new Announced()
  readonly #init: LogsInit
  readonly #logs = new Map<string, LogDriver>()
  /** Own logs, by topic: the one that is published on. */
  readonly #own = new Map<string, LogDriver>()
  readonly #graves = new Map<string, Outbox>()
  readonly #keepers = new Map<LogDriver, string>()
  readonly #unavailable = new Set<string>()
  readonly #epoch = Date.now() * EPOCH_BITS + Math.floor(Math.random() * EPOCH_BITS)
  #stopped = false
  #leaving = false

  constructor (init: LogsInit) {
    this.#init = init
  }

  // ---- lifecycle

  /** Goes on with what a former start of this node has stored. */
  async restore (): Promise<void> {
    const { context } = this.#init
    if (context.storage === undefined) return
    const newest = new Map<string, LogDriver>()
    for (const log of await storedLogs(context.storage.log, 'own')) {
      if (log.publisher !== context.self) continue
      const file = this.#file(log)
      const { restored, damaged } = await file.load()
      if (damaged) context.damaged(log)
      if (restored === undefined) continue
      const driver = this.add(log, { file, restored })
      // what was lost may have been sent: its seqs are not to be used again
      if (!damaged && (newest.get(log.topic)?.log.epoch ?? 0) < log.epoch) newest.set(log.topic, driver)
    }
    for (const [topic, driver] of newest) this.#own.set(topic, driver)
  }

  /** Nothing is published any more; what is known of the channels goes to the keepers. */
  leave (): void {
    this.#leaving = true
    this.input({ type: 'stop' })
  }

  /** Whether this node has messages that nobody else has, and that consumers are about to handle. */
  get unfinished (): boolean {
    const { context } = this.#init
    for (const log of this.#logs.values()) {
      if (!log.own || log.persistent || context.keepers(log.log.topic).some(id => id !== context.self)) continue
      if (log.status().channels.some(({ lag, members }) => lag > 0 && members > 0)) return true
    }
    return false
  }

  async stop (): Promise<void> {
    this.#stopped = true
    await Promise.all(Array.from(this.#logs.values(), async log => log.stop()))
    this.#logs.clear()
    this.#own.clear()
    this.#graves.clear()
    this.#keepers.clear()
  }

  // ---- what there is

  get (log: LogId): LogDriver | undefined {
    return this.#logs.get(logKey(log))
  }

  all (): IterableIterator<LogDriver> {
    return this.#logs.values()
  }

  /** The log that this node publishes on; made when it is first needed. */
  async own (topic: string, options = NOTHING_ASKED): Promise<LogDriver> {
    if (this.#stopped || this.#leaving) throw new MeshStoppedError(this.#stopped ? undefined : 'the mesh is draining')
    // who made a channel elsewhere may not have been heard of yet
    await this.#init.registry.synced()
    // consumers and keepers take no more of one publisher; dead letters are others' messages
    if (!this.#own.has(topic) && this.#own.size >= MAX_PUBLISHER_TOPICS && !isDead(topic)) {
      throw new InvalidOptionsError(`${topic}: a node publishes on at most ${MAX_PUBLISHER_TOPICS} topics; publish with a key, or a header, on fewer`)
    }
    const log = this.#own.get(topic) ?? this.#make(topic)
    this.#own.set(topic, log)
    if (log.options !== options) {
      log.options = options
      const { messages: maxPending, bytes: maxPendingBytes, overflow } = { ...this.#init.context.init.outbox, ...options }
      log.input({ type: 'limits', limits: { maxPending, maxPendingBytes, overflow } })
    }
    return log
  }

  /** `takeOver`: as the keeper of another's log. */
  add (log: LogId, { file, restored, takeOver }: { file?: LogFile | undefined, restored?: Restored, takeOver?: { generation: Generation, complete: boolean } }): LogDriver {
    const { context, registry } = this.#init
    const driver = new LogDriver({
      self: context.self,
      log,
      loop: context.loop,
      file,
      config: {
        random: Math.random,
        time: time(),
        retention: context.retention,
        restored,
        takeOver
      },
      onBatch: async batch => this.#batch(batch),
      send: context.send,
      onDead: (from, dead) => {
        context.count('dead')
        void this.#bury(from, dead)
      },
      onEvent: (from, output) => { this.#event(from, output) }
    })
    this.#logs.set(logKey(log), driver)
    for (const { spec, members } of registry.matching(log.topic)) {
      driver.channel(spec, members)
      for (const { id } of members) this.#introduce(driver, spec, id)
    }
    this.#tellKeepers(driver)
    for (const peer of context.neighbours()) driver.input({ type: 'connected', peer })
    for (const peer of this.#unavailable) driver.input({ type: 'available', peer, available: false })
    return driver
  }

  /** It is assigned here no more. */
  drop (driver: LogDriver): void {
    this.#logs.delete(logKey(driver.log))
    this.#keepers.delete(driver)
    void driver.stop()
  }

  // ---- what happens

  /** To all of them. */
  input (input: Timeless<AssignerInput>): void {
    for (const log of this.#logs.values()) log.input(input)
  }

  channel (spec: ChannelSpec, members: readonly Member[]): void {
    for (const log of this.#logs.values()) {
      if (matches(spec.pattern, log.log.topic)) log.channel(spec, members)
    }
  }

  available (peer: string, available: boolean): void {
    if (available === !this.#unavailable.has(peer)) return
    if (available) this.#unavailable.delete(peer)
    else this.#unavailable.add(peer)
    this.input({ type: 'available', peer, available })
  }

  nodesChanged (): void {
    for (const log of this.#logs.values()) this.#tellKeepers(log)
  }

  has (log: LogId): boolean {
    return this.#logs.has(logKey(log))
  }

  message (from: string, message: ToAssigner | KeeperNet): void {
    if (message.type === 'open' && message.log === undefined) {
      this.#open(from, message)
      return
    }
    const { log } = message
    if (log !== undefined) this.get(log)?.input({ type: 'message', from, message })
  }

  /** `open` of all that match: when they have answered, the driver says so. */
  #open (from: string, message: ToAssigner & { type: 'open' }): void {
    const { context } = this.#init
    const logs = [...this.#logs.values()].filter(({ own, log }) => own && matches(message.spec.pattern, log.topic))
    let open = logs.length
    const done = (): void => {
      if (open-- === 0) context.send(from, { type: 'opened-all', channel: message.spec.channel })
    }
    for (const log of logs) {
      log.input({ type: 'message', from, message: { ...message, log: log.log } })
      log.settled(done)
    }
    done()
  }

  // ---- parts

  #file (log: LogId): LogFile {
    const { context } = this.#init
    if (context.storage === undefined) throw new MeshStoppedError()
    return new LogFile({ store: context.storage.log, role: 'own', log, logger: context.log, onSaved: id => { this.get(log)?.saved(id) }, onEnded: error => { this.get(log)?.fail(error) } })
  }

  #make (topic: string): LogDriver {
    const { context } = this.#init
    if (this.#stopped) throw new MeshStoppedError()
    const taken = [...this.#logs.values()].filter(({ own, log }) => own && log.topic === topic).map(({ log }) => log.epoch + 1)
    const log: LogId = { topic, publisher: context.self, epoch: Math.max(this.#epoch, ...taken) }
    return this.add(log, { file: context.storage === undefined ? undefined : this.#file(log) })
  }

  /** What the member takes, as it said before the log was there. */
  #introduce (driver: LogDriver, spec: ChannelSpec, member: string): void {
    const announce = this.announced.get(member, spec.channel)
    if (announce === undefined) return
    const { weight, session, prefetch, concurrency } = announce
    driver.input({ type: 'message', from: member, message: { type: 'open', log: driver.log, spec, weight, fresh: false, session, prefetch, concurrency, holds: [], low: 0, outcomes: NO_OUTCOMES } })
  }

  #tellKeepers (driver: LogDriver): void {
    const keepers = this.#init.context.keepers(driver.log.topic)
    const text = keepers.join()
    if (this.#keepers.get(driver) === text) return
    this.#keepers.set(driver, text)
    driver.input({ type: 'keepers', keepers })
    if (!this.#init.context.isKept(driver.log.topic)) driver.unkept()
  }

  /** Resolves when it was written to the network. */
  async #batch (batch: Batch): Promise<void> {
    const { context, courier, onBatch } = this.#init
    context.loop.post(() => { onBatch(batch) })
    // another's messages are not signed anew: who lacks one of a log that was taken over asks for it
    if (batch.log.publisher === context.self) await courier.carry(batch)
  }

  async #bury (from: LogDriver, dead: Extract<AssignerOutput, { type: 'dead' }>): Promise<void> {
    const { context } = this.#init
    const { channel, message: { seq }, attempt, reason } = dead
    const { topic } = from.log
    const name = nameOf(channel)
    const { id, message } = burial(from.log, name, dead)
    try {
      if (!isDead(topic)) {
        const grave = deadTopic(topic, name)
        const outbox = this.#graves.get(grave) ?? new Outbox({ topic: grave, linger: 5, overflow: 'wait', most: context.init.outbox?.messages, log: async () => this.own(grave) })
        this.#graves.set(grave, outbox)
        const placed = await outbox.add(message)
        await (placed.log.persistent ? placed.log.durable(placed.seq) : placed.log.sent(placed.seq))
      }
      from.input({ type: 'buried', channel, seq })
      context.emit('dead', { topic, channel: name, id, attempts: attempt, reason })
    } catch (err) {
      context.log.error('could not bury %s - %e', id, err)
      // until then it keeps its place in the outbox
      timers.after(BURY_AGAIN, () => { if (this.get(from.log) === from) void this.#bury(from, dead) })
    }
  }

  #event (from: LogDriver, output: AssignerOutput): void {
    const { context, onDeposed } = this.#init
    const { topic, publisher, epoch } = from.log
    switch (output.type) {
      case 'expired':
        context.emit('expired', { topic, channel: nameOf(output.channel), id: messageId(topic, publisher, epoch, output.seq) })
        break
      case 'lost':
        this.#lost(from, output)
        break
      case 'redelivered':
        context.count(`redelivered_${output.cause}`)
        break
      case 'deposed':
        context.count('deposed')
        if (from.own) break
        this.drop(from)
        onDeposed(from.log, output.generation)
        break
      case 'problem':
        context.problem(output.peer, output.message)
        break
      default:
    }
  }

  #lost (from: LogDriver, { channel, ranges, why }: Extract<AssignerOutput, { type: 'lost' }>): void {
    const { context } = this.#init
    const { topic, publisher } = from.log
    let dropped = 0
    for (let i = 0; i + 1 < ranges.length; i += 2) {
      const [first = 0, last = 0] = ranges.slice(i, i + 2)
      dropped += last - first + 1
      context.emit('lost', { topic, channel: nameOf(channel), publisher, from: first, to: last, reason: why })
    }
    if (why === 'overflow') context.emit('overflow', { topic, dropped })
  }
}
