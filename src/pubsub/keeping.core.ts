/**
 * What an assigner has to do with the keepers of its topic: they store the messages and are told what the channels are
 * done with; who wants to assign after somebody else asks them first. Pure.
 */
import { compareGenerations } from './generation.core.ts'
import { ASK_WAIT, FEW, MAX_BATCH, MAX_BATCH_BYTES, MAX_RANGES, QUORUM, REPAIR_BURST, REPAIR_RATE, RETENTION, SYNC_ACKS, SYNC_TIME } from './numbers.core.ts'
import { noteEnded } from './ended.core.ts'
import { MAX_TOPIC_CHANNELS } from '../wire/limits.ts'
import { areRanges, clip, RangeSet, rangesOf } from './ranges.core.ts'
import type { LogAssigner } from './assigner.core.ts'
import type { ChannelCursor, Generation, KeeperNet, Message, Ranges } from './types.core.ts'

type Said<T extends KeeperNet['type']> = Extract<KeeperNet, { type: T }>

export class Keeping {
  keepers: readonly string[] = []
  /** Cursors of channels that the registry has not told of yet. */
  readonly known = new Map<string, ChannelCursor>()
  /** Channels that ended, and when the ended one was opened. */
  readonly ended = new Map<string, number>()
  /** The generation that the keepers were asked with; undefined: they were not. */
  asking: Generation | undefined
  /** The highest generation that anybody knows of. */
  seen: Generation
  /** Somebody else assigned since this one did. */
  others = false
  readonly #core: LogAssigner
  readonly #upto = new Map<string, number>()
  readonly #haves = new Set<string>()
  readonly #served = new Map<string, { bytes: number, at: number }>()
  #askedUntil = Infinity
  #stored = 0
  #acks = 0
  #syncAt = Infinity
  #gone: Array<{ channel: string, opened: number }> = []

  constructor (core: LogAssigner, generation: Generation) {
    this.#core = core
    this.seen = generation
  }

  get due (): number {
    return Math.min(this.#askedUntil, this.#syncAt)
  }

  /** Those that were not there before learn all; and say what they know, if others may have assigned. */
  set (keepers: readonly string[]): void {
    const news = keepers.filter(id => !this.keepers.includes(id))
    this.keepers = keepers
    for (const id of news) this.greet(id)
    this.#checkStored()
  }

  greet (keeper: string): void {
    const core = this.#core
    const generation = this.asking ?? core.generation
    if (generation.number > 0) core.post(keeper, { type: 'ask', log: core.log, generation })
    const cursors = core.cursors().map(cursor => ({ ...cursor, done: cursor.done.slice(-2 * MAX_RANGES) }))
    core.post(keeper, this.#message(cursors.filter(({ done }) => done.length <= FEW), []))
    // a frame for each, as large as a keeper's memory of it
    for (const cursor of cursors) if (cursor.done.length > FEW) core.post(keeper, this.#message([cursor], []))
  }

  // --- before assigning

  /** Finds out what is done already, for {@link ASK_WAIT} at most. */
  ask (): void {
    const core = this.#core
    this.asking = { number: Math.max(this.seen.number, core.generation.number) + 1, by: core.self }
    this.#haves.clear()
    this.#askedUntil = core.now + ASK_WAIT
    for (const keeper of this.keepers) core.post(keeper, { type: 'ask', log: core.log, generation: this.asking })
  }

  have (from: string, said: Said<'have'>): void {
    this.see(said.generation)
    for (const cursor of said.cursors) this.merge(cursor)
    const { asking } = this
    if (asking === undefined) return
    if (compareGenerations(said.generation, asking) > 0) return this.ask()
    if (said.asked !== undefined && compareGenerations(said.asked, asking) === 0 && this.keepers.includes(from)) this.#haves.add(from)
    if (this.#haves.size >= QUORUM) this.#answered()
  }

  see (generation: Generation): void {
    if (compareGenerations(generation, this.seen) <= 0) return
    this.seen = generation
    if (generation.by !== this.#core.self) this.others = true
  }

  /** A part of a cursor, from a keeper or from what was stored. */
  merge ({ channel, opened, low, done }: ChannelCursor): void {
    if (!areRanges(done) || !(low >= 0) || opened <= (this.ended.get(channel) ?? -Infinity)) return
    const deliveries = this.#core.channels.byName.get(channel)
    const { last, first } = this.#core.backlog
    const upto = Math.min(low, last)
    if (deliveries !== undefined) {
      const from = Math.max(deliveries.cursor.low + 1, first)
      for (let seq = from; seq <= upto; seq++) deliveries.finish(seq)
      if (upto < first) deliveries.cursor.raise(upto)
      for (let i = 0; i < done.length; i += 2) {
        for (let seq = Math.max(done[i]!, first); seq <= Math.min(done[i + 1]!, last); seq++) deliveries.finish(seq)
      }
      return
    }
    const known = this.known.get(channel) ?? { channel, opened, low: 0, done: [] }
    if (!this.known.has(channel) && this.known.size >= MAX_TOPIC_CHANNELS) return
    const all = new RangeSet(known.done)
    // no others are here, nor can a keeper still get them
    const here = clip(done, Math.min(first, last - (this.#core.config.retention?.messages ?? RETENTION.messages)), last)
    for (let i = 0; i < here.length; i += 2) all.add(here[i]!, here[i + 1])
    this.known.set(channel, { ...known, low: Math.max(known.low, upto), done: all.ranges })
  }

  /** Also of the channels that nobody has told of since the start: it may end before they are. Those that do not count come last. */
  cursors (): ChannelCursor[] {
    const all = this.#core.sorted.map(({ spec: { channel, opened }, cursor }): ChannelCursor => ({ channel, opened, low: cursor.low, done: cursor.ranges() }))
    return [...all, ...this.known.values()].slice(0, MAX_TOPIC_CHANNELS)
  }

  #answered (): void {
    if (this.asking === undefined) return
    const generation = this.asking
    const complete = this.#haves.size >= QUORUM || this.keepers.length === 0
    this.asking = undefined
    this.#askedUntil = Infinity
    this.#core.begin(generation, complete)
  }

  // --- while assigning

  stored (from: string, { upto, durable }: Said<'stored'>): void {
    if (!Number.isSafeInteger(upto) || upto > this.#core.backlog.last) return
    // a keeper in memory that comes back empty says so
    if (durable && upto < (this.#upto.get(from) ?? 0)) return
    this.#upto.set(from, upto)
    this.#checkStored()
  }

  #checkStored (): void {
    const told = this.keepers.map(id => this.#upto.get(id) ?? 0).sort((a, b) => b - a)
    const upto = told[QUORUM - 1] ?? 0
    if (upto <= this.#stored) return
    this.#stored = upto
    this.#core.tell({ type: 'stored', upto, by: this.keepers.filter(id => (this.#upto.get(id) ?? 0) >= upto) })
  }

  /** Something became final. */
  note (): void {
    this.#acks++
    if (this.#syncAt === Infinity) this.#syncAt = this.#core.now + SYNC_TIME
  }

  /** The place of a channel was fixed, or it ended: keepers should know at once. */
  urge (): void {
    this.#acks += SYNC_ACKS
    this.note()
  }

  end (channel: string, opened: number): void {
    if (this.known.delete(channel)) this.#core.save()
    if (opened === 0) return
    noteEnded(this.ended, channel, opened)
    this.#gone.push({ channel, opened })
    this.urge()
  }

  tick (): void {
    const { now } = this.#core
    if (this.#askedUntil <= now) this.#answered()
    if (this.#syncAt <= now || this.#acks >= SYNC_ACKS) this.sync()
  }

  /** Tells what became final since the last time. */
  sync (): void {
    const core = this.#core
    const cursors: ChannelCursor[] = []
    for (const deliveries of core.sorted) {
      const { spec: { channel, opened }, cursor: { low }, fresh } = deliveries
      if (fresh.length === 0) continue
      deliveries.fresh = []
      cursors.push({ channel, opened, low, done: rangesOf(fresh.filter(seq => seq > low)).slice(0, MAX_RANGES * 2) })
    }
    const message = this.#message(cursors, this.#gone)
    this.#acks = 0
    this.#syncAt = Infinity
    this.#gone = []
    if (cursors.length + message.gone.length > 0) for (const keeper of this.keepers) core.post(keeper, message)
    core.save()
  }

  /** Sends messages that a keeper lacks: as many as fit into one frame, it asks again for the rest. */
  fetch (from: string, ranges: Ranges): void {
    const core = this.#core
    if (!areRanges(ranges)) return core.complain(from, 'illegal ranges')
    const messages: Message[] = []
    const lost: number[] = []
    let bytes = 0
    for (let i = 0; i < ranges.length; i += 2) {
      const to = Math.min(ranges[i + 1]!, core.backlog.last)
      let seq = ranges[i]!
      if (seq < core.backlog.first && seq <= to) {
        lost.push(seq, Math.min(to, core.backlog.first - 1))
        seq = core.backlog.first
      }
      for (; seq <= to && messages.length < MAX_BATCH && bytes < MAX_BATCH_BYTES && lost.length < MAX_RANGES; seq++) {
        const slot = core.backlog.get(seq)
        if (slot === undefined) {
          lost.push(seq, seq)
        } else if (messages.length === 0 || bytes + slot.message.payload.length <= MAX_BATCH_BYTES) {
          messages.push(slot.message)
          bytes += slot.size
        } else {
          bytes = MAX_BATCH_BYTES
        }
      }
    }
    if (this.serve(from, bytes)) core.post(from, { type: 'range', log: core.log, messages, lost: lost.slice(0, MAX_RANGES * 2) })
  }

  /** Whether so many bytes may be sent again to a peer. */
  serve (peer: string, bytes: number): boolean {
    const { now } = this.#core
    const served = this.#served.get(peer) ?? { bytes: 0, at: now }
    this.#served.set(peer, served)
    served.bytes = Math.max(0, served.bytes - (now - served.at) * REPAIR_RATE / 1_000) + bytes
    served.at = now
    if (served.bytes <= REPAIR_BURST) return true
    this.#core.complain(peer, 'asks for too much again')
    return false
  }

  forget (peer: string): void {
    this.#served.delete(peer)
  }

  gone (peer: string): void {
    this.forget(peer)
    this.#upto.delete(peer)
  }

  #message (cursors: readonly ChannelCursor[], gone: Said<'cursors'>['gone']): Said<'cursors'> {
    const { log, generation, announced } = this.#core
    return { type: 'cursors', log, generation, high: announced, cursors, gone }
  }
}
