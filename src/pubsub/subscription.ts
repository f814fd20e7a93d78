/** This node's part in one channel: the core, and the ends that the application took of it. They share what comes. */
import { nextTick } from '../util/next-tick.ts'
import { timers } from '../util/timers.ts'
import { decodePayload, payloadBody } from '../wire/pubsub-codec.ts'
import { createConsumer } from './consumer.core.ts'
import { Driven } from './loop.ts'
import { MAX_REASON, STATE_GRACE } from './numbers.ts'
import { UNSTARTED } from './message.ts'
import { messageId } from './topic.ts'
import type { Payload } from '../wire/pubsub-codec.ts'
import type { ChannelEnd } from './channel.ts'
import type { Loop, Timeless } from './loop.ts'
import type { TimerHandle } from '../util/timers.ts'
import type { Outcome } from './message.ts'
import type { Batch, Beat, ChannelSpec, ConsumerConfig, ConsumerInput, ConsumerOutput, Held, Net, ToConsumer } from './types.core.ts'

/** What one end takes at once. */
export interface Capacity { readonly concurrency: number, readonly prefetch: number }

interface Seat extends Capacity { readonly end: ChannelEnd<any>, taking: boolean }

export interface SubscriptionInit {
  loop: Loop
  config: ConsumerConfig
  send: (to: string, message: Net) => void
  /** {@link Subscription.paused} has changed. */
  onPause: () => void
  onProblem: (peer: string, message: string) => void
}

export class Subscription {
  spec: ChannelSpec
  readonly #init: SubscriptionInit
  readonly #core: ReturnType<typeof createConsumer>
  readonly #driven: Driven<ConsumerInput, ConsumerOutput>
  readonly #seats: Seat[] = []
  /** Whose turn it is. */
  #turn = 0
  #flushing = false
  /** What the core was told of it last. */
  #wanted: number | undefined
  #paused = false
  /** Until somebody takes messages. */
  #grace: TimerHandle | undefined
  #left: (() => void) | undefined

  constructor (init: SubscriptionInit) {
    this.#init = init
    this.spec = init.config.spec
    this.#core = createConsumer(init.config)
    this.#driven = new Driven(this.#core, init.loop, output => { this.#output(output) }, () => { this.#flushSoon() })
    // until somebody takes them, they wait in the core, which lets none run out
    this.wanting()
    this.#beginGrace()
  }

  get session (): number {
    return this.#init.config.session
  }

  get paused (): boolean {
    return this.#paused
  }

  get capacity (): Capacity {
    return this.#seats.reduce<Capacity>((sum, seat) => ({ concurrency: sum.concurrency + seat.concurrency, prefetch: sum.prefetch + seat.prefetch }), { concurrency: 0, prefetch: 0 })
  }

  input (input: Timeless<ConsumerInput>): void {
    this.#driven.input(input)
  }

  respec (spec: ChannelSpec): void {
    this.spec = spec
    this.input({ type: 'spec', spec })
  }

  batch (from: string, batch: Batch): void {
    this.input({ type: 'batch', from, batch })
  }

  message (from: string, message: ToConsumer | Beat): void {
    this.input({ type: 'message', from, message })
  }

  add (end: ChannelEnd<any>, capacity: Capacity): void {
    this.#seats.push({ ...capacity, end, taking: false })
    this.#resize()
  }

  taking (end: ChannelEnd<any>, taking: boolean): void {
    const seat = this.#seats.find(seat => seat.end === end)
    if (seat === undefined) return
    seat.taking = taking
    if (taking) this.#endGrace()
    else {
      end.rest()
      // a loop that ended may begin anew at once
      if (!end.closed) this.#beginGrace()
    }
    this.#pause()
    this.wanting()
  }

  /** There may be room for more messages. */
  wanting (): void {
    // one handler takes whatever the core lets begin
    if (this.#wanted === Infinity && this.#count === Infinity) return
    this.#init.loop.post(() => {
      this.#wanted = this.#count
      this.#driven.stepNow({ type: 'wanted', count: this.#wanted })
    })
  }

  get #count (): number {
    return this.#seats.reduce((sum, seat) => sum + Math.max(0, this.#room(seat)), 0)
  }

  /** Messages that the end may be given now; of several ends each has its own share. */
  #room ({ end, taking, concurrency }: Seat): number {
    if (!taking || end.closed) return 0
    return end.most === Infinity && this.#seats.length === 1 ? Infinity : Math.min(concurrency, end.most) - end.load
  }

  /** Its last end is to be removed by {@link leave}. */
  remove (end: ChannelEnd<any>): void {
    const at = this.#seats.findIndex(seat => seat.end === end)
    if (at === -1) return
    this.#seats.splice(at, 1)
    if (this.#seats.length === 0) return
    this.#resize()
    this.#pause()
  }

  /** What has not begun goes to others. Resolves when what runs is settled. */
  async leave (): Promise<void> {
    const left = new Promise<void>(resolve => { this.#left = resolve })
    this.#endGrace()
    this.input({ type: 'leave' })
    await left
  }

  stop (): void {
    this.#flush()
    this.#endGrace()
    this.#driven.stop()
    this.#left?.()
  }

  #beginGrace (): void {
    this.#grace ??= timers.after(STATE_GRACE, () => {
      this.#grace = undefined
      this.#pause()
    })
  }

  #endGrace (): void {
    if (this.#grace !== undefined) timers.cancel(this.#grace)
    this.#grace = undefined
  }

  #resize (): void {
    this.input({ type: 'capacity', ...this.capacity })
    this.wanting()
  }

  #pause (): void {
    const paused = this.#grace === undefined && !this.#seats.some(({ taking }) => taking)
    if (paused === this.#paused) return
    this.#paused = paused
    this.input({ type: 'pause', paused })
    this.#init.onPause()
  }

  #flushSoon (): void {
    if (this.#flushing || !this.#core.dirty) return
    this.#flushing = true
    nextTick(() => { this.#flush() })
  }

  #flush (): void {
    this.#flushing = false
    if (this.#core.dirty) this.input({ type: 'flush' })
  }

  #output (output: ConsumerOutput): void {
    switch (output.type) {
      case 'run':
        this.#run(output.item)
        break
      case 'send':
        this.#init.send(output.to, output.message)
        break
      case 'left':
        this.#left?.()
        break
      case 'problem':
        this.#init.onProblem(output.peer, output.message)
        break
      default:
    }
  }

  #run (item: Held): void {
    const seat = this.#next()
    if (seat === undefined) return this.#settle(item, UNSTARTED)
    const { log: { topic, publisher, epoch }, message: { seq, at, key, payload }, attempt, unstarted } = item
    let decoded: Payload
    try {
      decoded = decodePayload(payload)
    } catch (err) {
      this.#settle(item, { type: 'term', reason: `unreadable: ${(err as Error).message}` })
      this.wanting()
      return
    }
    seat.end.deliver({
      id: messageId(topic, publisher, epoch, seq),
      topic,
      channel: this.spec.name,
      publisher,
      headers: decoded.headers.size === 0 ? NO_HEADERS : Object.fromEntries(decoded.headers),
      key,
      attempt: Math.max(1, attempt - unstarted),
      publishedAt: at
    }, () => payloadBody(decoded), {
      settle: outcome => { this.#settle(item, outcome) },
      working: () => { this.input({ type: 'working', item }) }
    })
  }

  /** Of those that take a message now, the next in turn that has fewest of its share. */
  #next (): Seat | undefined {
    const count = this.#seats.length
    let best: Seat | undefined
    let bestLoad = Infinity
    for (let i = 0; i < count; i++) {
      const seat = this.#seats[(this.#turn + i) % count]
      if (seat === undefined || this.#room(seat) <= 0) continue
      const load = seat.end.load / seat.concurrency
      if (load < bestLoad) {
        best = seat
        bestLoad = load
      }
    }
    this.#turn = (this.#turn + 1) % Math.max(1, count)
    return best
  }

  #settle (item: Held, outcome: Outcome): void {
    const { type, delay, reason = '', unstarted }: { type: Outcome['type'], delay?: number | undefined, reason?: string, unstarted?: true } = outcome
    // as much of the reason as travels: a character that is cut in two could not be sent
    this.input({ type: 'settle', item, how: unstarted ? 'unstarted' : type, reason: reason.slice(0, MAX_REASON).toWellFormed(), delay })
    if (!unstarted) return
    this.#wanted = undefined
    this.wanting()
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})
