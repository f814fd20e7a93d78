/** How messages leave an assigner: in batches with their assignment, as far as somebody has room; and what is said after silence. Pure. */
import { BEATS, HOLD, MAX_BATCH, MAX_BATCH_BYTES, MAX_PENDING, MAX_PENDING_BYTES, MAX_SEATS, MESSAGE_COST, ROOM } from './numbers.core.ts'
import { rangesOf } from './ranges.core.ts'
import type { LogAssigner } from './assigner.core.ts'
import type { Deliveries } from './deliveries.core.ts'
import type { BatchChannel, Message, NewMessage } from './types.core.ts'

/** What a publish takes of the outbox. */
export interface Room { readonly messages: number, readonly bytes: number }

/**
 * Sends what was not sent yet. While consumers are known, and none of them has room, it waits for the room, so that a
 * body travels once; `late`: it waited long enough.
 */
export function announce (core: LogAssigner, late: boolean): void {
  const { sorted } = core
  const waits = !late && sorted.some(({ seats }) => seats.hasAble)
  while (core.announced < core.backlog.last) {
    const messages: Message[] = []
    const to = sorted.map((): number[] => [])
    let bytes = 0
    for (let seq = core.announced + 1; seq <= core.backlog.last && messages.length < MAX_BATCH; seq++) {
      const { message } = core.backlog.get(seq) ?? {}
      if (message !== undefined && messages.length > 0 && bytes + message.payload.length > MAX_BATCH_BYTES) break
      if (message === undefined || !offer(sorted, message, to, waits)) break
      messages.push(message)
      bytes += message.payload.length
    }
    if (messages.length === 0) {
      if (core.backlog.get(core.announced + 1) === undefined) core.announced++
      else break
    } else {
      core.announced = messages.at(-1)!.seq
      emit(core, messages, sorted, to)
      for (const channel of sorted) channel.outgoing.flush()
    }
  }
  if (core.announced === core.backlog.last) core.holdUntil = Infinity
  else if (core.holdUntil === Infinity) core.holdUntil = core.now + HOLD
}

/** False: nobody has room, and it is to wait. */
function offer (sorted: readonly Deliveries[], message: Message, to: number[][], waits: boolean): boolean {
  let taken = !waits
  for (let i = 0; i < sorted.length; i++) {
    const channel = sorted[i]!
    to[i]!.push(channel.offer(message))
    taken ||= channel.next > message.seq
  }
  if (!taken) for (const list of to) list.pop()
  return taken
}

function emit (core: LogAssigner, messages: readonly Message[], sorted: readonly Deliveries[], to: readonly number[][]): void {
  const channels: BatchChannel[] = []
  sorted.forEach(({ spec: { channel }, cursor: { low }, seats }, i) => {
    if (seats.size > 0) channels.push({ channel, low, members: seats.roster, to: to[i]! })
  })
  const { log, generation, barrier } = core
  core.tell({ type: 'publish', batch: { log, generation, messages, channels }, after: barrier })
}

/** Tells consumers and keepers what there is: what they lack, they ask for. */
export function sayAgain (core: LogAssigner, peers?: readonly string[]): void {
  const to = new Set(peers ?? core.keeping.keepers)
  if (peers === undefined) for (const { seats } of core.sorted) for (const { id } of seats.values()) to.add(id)
  const { log, generation, announced: high } = core
  for (const id of [...to].sort()) {
    if (!core.connected.has(id)) continue
    const parts = core.sorted.filter(({ seats }) => seats.get(id)?.opened === true)
    core.post(id, { type: 'beat', log, generation, high, lows: parts.map(({ spec: { channel }, cursor: { low } }) => ({ channel, low })) })
  }
}

/** Whether somebody was refused or waits, or the next one would have the oldest message dropped. */
export function isFull ({ backlog, wanted, config: { maxPending = MAX_PENDING, maxPendingBytes = MAX_PENDING_BYTES } }: LogAssigner): boolean {
  return wanted !== undefined || backlog.pending >= maxPending || backlog.pendingBytes >= maxPendingBytes
}

/** Whether the outbox takes these. With nothing to publish: tells who waits that there is room. */
export function makeRoom (core: LogAssigner, created: readonly NewMessage[]): boolean {
  const { backlog, wanted, config: { maxPending = MAX_PENDING, maxPendingBytes = MAX_PENDING_BYTES, overflow = 'wait' } } = core
  const fits = ({ messages, bytes }: Room): boolean =>
    backlog.pending === 0 || (backlog.pending + messages <= maxPending && backlog.pendingBytes + bytes <= maxPendingBytes)
  if (created.length === 0) {
    // whoever waits is told once: what waits has to fit by then
    if (wanted !== undefined && fits(wanted) && backlog.pending <= maxPending * ROOM && backlog.pendingBytes <= maxPendingBytes * ROOM) {
      core.wanted = undefined
      core.tell({ type: 'room' })
    }
    return true
  }
  let bytes = 0
  for (const { payload } of created) bytes += payload.length + MESSAGE_COST
  const room = { messages: created.length, bytes }
  if (fits(room)) return true
  if (overflow !== 'dropOldest') {
    core.wanted = room
    return false
  }
  const lost = new Map<Deliveries, number[]>()
  for (let seq = backlog.first; seq <= backlog.last && !fits(room); seq++) dropOne(core, seq, lost)
  for (const [channel, seqs] of lost) {
    for (const id of channel.seats.roster.slice(0, MAX_SEATS)) channel.outgoing.drop(id, seqs)
    core.tell({ type: 'lost', channel: channel.spec.channel, ranges: rangesOf(seqs), why: 'overflow' })
  }
  return true
}

function dropOne (core: LogAssigner, seq: number, lost: Map<Deliveries, number[]>): void {
  if ((core.backlog.get(seq)?.left ?? 0) === 0) return
  for (const channel of core.sorted) {
    if (!channel.holding || channel.cursor.has(seq)) continue
    channel.finish(seq)
    const list = lost.get(channel) ?? []
    list.push(seq)
    lost.set(channel, list)
  }
}

/** Takes new messages in, if there is room. */
export function publish (core: LogAssigner, created: readonly NewMessage[]): void {
  if (!makeRoom(core, created)) return core.tell({ type: 'full' })
  const { backlog } = core
  const holding = core.sorted.filter(deliveries => deliveries.holding)
  const first = backlog.last + 1
  const messages = created.map(({ at, ttl, key, payload }, i): Message => {
    const message: Message = { seq: first + i, at, ttl, key, payload }
    const slot = backlog.put(message)
    for (let n = holding.length; n > 0; n--) backlog.hold(slot)
    return message
  })
  backlog.retain(core.wall)
  const last = backlog.last
  core.tell({ type: 'published', first, last, channels: core.channels.names })
  core.append(messages)
  created.forEach(({ watch }, i) => { if (watch === true) core.watched.add(first + i, core.channels.keys()) })
  core.beats = 0
  core.beatAt = core.now + BEATS[0]!
}

/** Says again what there is, and when to do so next. */
export function beat (core: LogAssigner): void {
  sayAgain(core)
  core.beats++
  const pending = core.sorted.some(({ lag, holding }) => holding && lag > 0)
  core.beatAt = core.beats < BEATS.length || pending ? core.now + BEATS[Math.min(core.beats, BEATS.length - 1)]! : Infinity
}
