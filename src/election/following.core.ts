/** What a voter, or a standby, does with the messages of its leader. Pure. */
import { sendConfig } from './admission.core.ts'
import { compareRanks, hasSeat, isNewer, NO_RANK, sameReign } from './order.core.ts'
import { inParts, PARTS_AT_ONCE, sizeOf } from './table.core.ts'
import { askForProof, askVoters } from './trust.core.ts'
import { becomeFollower, waitForLeader } from './votes.core.ts'
import { MAX_REGISTER_BYTES, MAX_REGISTER_ENTRIES } from '../wire/limits.ts'
import type { Append, ConfigMessage, Heartbeat, ReadRequest } from './messages.core.ts'
import type { Core } from './state.core.ts'
import type { Entry, Rank } from './types.core.ts'

/** An append that comes in parts; they take effect together, so that `synced` never says more than the table holds. */
export interface Staged { readonly from: string, readonly first: Append, next: number, bytes: number, readonly entries: Entry[] }

/** A table that a new leader reads in parts. */
export interface Reading { readonly from: string, readonly since: Rank, readonly synced: Rank, readonly parts: Entry[][] }

/** Whether it comes from the leader of this node's term, who is then followed. */
function isFromLeader (core: Core, from: string, message: Heartbeat | Append | ReadRequest): boolean {
  const { hard } = core
  if (message.term < hard.term || !hasSeat(core.config, from, message.incarnation)) return false
  if (message.term === hard.term && core.leader !== undefined && core.leader !== from) {
    core.problem('stranger', `${from} and ${core.leader} both claim to lead in term ${hard.term}`, from)
    return false
  }
  if (message.term > hard.term || core.role !== 'follower' || core.leader !== from) becomeFollower(core, message.term, from)
  else waitForLeader(core)
  if (!core.hard.founded) core.save({ founded: true })
  core.contact = core.time
  core.early = undefined
  core.leaderGone = !core.connected.has(from)
  return true
}

export function onHeartbeat (core: Core, from: string, message: Heartbeat): void {
  const { config } = core
  const accepted = isFromLeader(core, from, message)
  if (accepted && message.floor !== undefined) dropMarks(core, message.floor)
  const unknown = config !== undefined && !hasSeat(config, from, message.incarnation)
  // a leader that this node does not know, and whose config is not newer, has none of its own
  if (unknown && !isNewer(message.config, config)) return sendConfig(core, from)
  if (unknown) {
    askVoters(core)
    askForProof(core, from)
  }
  answer(core, from, accepted ? message.round : 0)
}

/** Says what is durable here, without waiting for what is not. */
function answer (core: Core, to: string, round: number): void {
  const { config, table, hard, durableConfig: has, durableSynced } = core
  // what a leader of a former term still has under way counts as held: its answer may be counted there
  const late = (table.synced.term !== hard.term || table.synced.epoch !== config?.epoch) && compareRanks(table.synced, durableSynced) !== 0
  core.send(to, {
    type: 'heartbeat-response',
    round,
    config: has !== undefined && has.group === config?.group ? { term: has.term, version: has.version } : { term: 0, version: 0 },
    synced: late ? table.synced : durableSynced,
    leaving: core.leaving || !core.eligible,
    promise: core.strict ? core.timeout : 0,
    highestEpoch: hard.highestEpoch
  }, late ? core.lastSave : core.termSave)
}

function dropMarks (core: Core, floor: Rank): void {
  const { table } = core
  if (compareRanks(table.synced, floor) < 0) return
  const marks = table.dropMarks(floor, core.time.now)
  if (marks.length > 0) core.saveTable([], false, marks)
}

/** From anybody who has a newer one: says nothing about who leads. */
export function onConfig (core: Core, from: string, message: ConfigMessage): void {
  if (core.role === 'leader' && message.config.term <= core.hard.term) return
  if (core.adopt(message.config, message.founded) && core.role !== 'follower') becomeFollower(core, core.hard.term, undefined, 'a newer config')
  const { term, version } = core.config ?? { term: 0, version: 0 }
  core.send(from, { type: 'config-response', config: { term, version } })
}

/** Sends some parts, and returns the table while there are more. */
export function onRead (core: Core, from: string, message: ReadRequest, reading: Reading | undefined): Reading | undefined {
  if (!isFromLeader(core, from, message)) return reading
  const { table } = core
  const { since, part } = message
  const goesOn = part > 0 && reading?.from === from && compareRanks(reading.since, since) === 0 && compareRanks(reading.synced, table.synced) === 0
  const whole = !sameReign(table.synced, since) || compareRanks(since, table.dropped) < 0
  const above = whole ? NO_RANK : since
  const { synced, parts } = goesOn ? reading : { synced: table.synced, parts: inParts(table.above(above)) }
  const end = part + PARTS_AT_ONCE
  parts.slice(part, end).forEach((entries, i) => {
    core.send(from, { type: 'table', since: above, synced, part: part + i, last: part + i === parts.length - 1, entries }, core.lastSave)
  })
  return end < parts.length ? { from, since, synced, parts } : undefined
}

/** Takes an append, or a part of it, and returns the parts that wait for the last. */
export function onAppend (core: Core, from: string, message: Append, staged: Staged | undefined): Staged | undefined {
  if (!isFromLeader(core, from, message)) return staged
  const { table } = core
  const { part, to, reset } = message
  const begun = part === 0 ? { from, first: message, next: 0, bytes: 0, entries: [] } : staged
  if (begun?.from !== from || begun.next !== part || !isSameAppend(begun.first, message)) return staged
  begun.next++
  for (const entry of message.entries) {
    begun.entries.push(entry)
    begun.bytes += sizeOf(entry)
  }
  if (begun.entries.length > 2 * MAX_REGISTER_ENTRIES || begun.bytes > 2 * MAX_REGISTER_BYTES) return undefined
  if (!message.last) {
    core.send(from, { type: 'append-response', synced: table.synced, part: begun.next }, core.lastSave)
    return begun
  }
  // a leader's numbers only grow: what is older than the table came late
  const fits = compareRanks(to, table.synced) > 0 && (reset || compareRanks(message.from, table.synced) === 0)
  if (fits) {
    if (reset) {
      table.clear(core.time.now)
      // which marks the leader has dropped it does not say
      table.dropped = to
    }
    for (const entry of begun.entries) table.put(entry)
    table.synced = to
    core.saveTable(begun.entries, reset)
  }
  core.send(from, { type: 'append-response', synced: table.synced, part: 0 }, core.lastSave)
  return undefined
}

function isSameAppend (a: Append, b: Append): boolean {
  return a.term === b.term && a.reset === b.reset && compareRanks(a.from, b.from) === 0 && compareRanks(a.to, b.to) === 0
}
