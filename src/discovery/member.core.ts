/** What the failure detector remembers of one member. Pure. */
import { REFUTE_INTERVAL } from './refutation.core.ts'
import { Accusers } from './suspicion.core.ts'
import type { DetectorConfig, DetectorInput, DetectorOutput } from './detector.core.ts'

/** Milliseconds; no answer takes longer than this, however sick we feel. */
const MAX_PROBE_TIMEOUT = 5_000
/** A longer round trip counts as this. */
const MAX_RTT = 2_000

export interface Probe {
  readonly nonce: number
  readonly sentAt: number
  deadline: number
  /** Helpers were asked as well. */
  indirect: boolean
  /** A frame came from the member meanwhile, though not (yet) the answer. */
  contacted: boolean
  /** Since when another node is known not to reach the member either: its failure to answer us is enough then. */
  heardAt: number | undefined
}

export interface Suspicion {
  since: number
  /** Own redial was refused. */
  refused: boolean
  spread: boolean
  retryAt: number
}

export interface Member {
  readonly id: string
  incarnation: number
  seq: number
  /** Nobody can dial it: it is probed seldom. */
  calm: boolean
  /** Its last connection closed, and none opened since, nor has it said anything new. */
  closed: boolean
  /** Random: decides whose turn it is among those that wait equally long. */
  readonly rank: number
  lastProbed: number
  lastAck: number
  /** Who brought its last answer: itself, or a helper. */
  helper: string | undefined
  /** When it was last told that others suspect it. */
  warnedAt: number
  /** That it was given up, as was heard while there was no connection to tell it by: it is dialled. */
  unsaid: Extract<DetectorInput, { type: 'suspicion' }> | undefined
  /** Smoothed round trip, ms. */
  rtt: number
  /** Of the last probe that it answered itself, ms. */
  lastRtt: number | undefined
  /** To be probed before its turn. */
  urgent: boolean
  probe: Probe | undefined
  /** Nonce of the probe before, whose late answer still counts. */
  lateNonce: number | undefined
  accusers: Accusers
  suspicion: Suspicion | undefined
}

export function createMember (id: string, incarnation: number, seq: number, calm: boolean, rank: number, at: number): Member {
  return {
    id,
    incarnation,
    seq,
    calm,
    closed: false,
    rank,
    lastProbed: at,
    lastAck: at,
    helper: undefined,
    warnedAt: -Infinity,
    unsaid: undefined,
    rtt: 0,
    lastRtt: undefined,
    urgent: false,
    probe: undefined,
    lateNonce: undefined,
    accusers: new Accusers(),
    suspicion: undefined
  }
}

/** A round trip took so many milliseconds. */
export function answered (member: Member, took: number): void {
  member.lastRtt = took
  member.rtt += (Math.min(MAX_RTT, took) - member.rtt) / 8
}

export function isOlder (a: { incarnation: number, seq: number }, b: { incarnation: number, seq: number }): boolean {
  return a.incarnation < b.incarnation || (a.incarnation === b.incarnation && a.seq < b.seq)
}

/** The clock was set back. */
export function notAfter (member: Member, at: number): void {
  member.lastAck = Math.min(member.lastAck, at)
  member.lastProbed = Math.min(member.lastProbed, at)
}

/** Milliseconds that it has for an answer. */
export function answerTime ({ rtt }: Member, least: number, patience: number): number {
  return Math.min(MAX_PROBE_TIMEOUT, Math.max(least, 4 * rtt) * patience)
}

/** Nothing that was held against it counts any more; a suspect has all its time again. */
export function pardon (member: Member, at: number): void {
  member.accusers = new Accusers()
  if (member.suspicion !== undefined) member.suspicion.since = at
}

/** Whether it has its turn among those that are probed. */
export function isDue (member: Member, at: number, { calm, calmInterval }: Pick<DetectorConfig, 'calm' | 'calmInterval'>): boolean {
  return !(calm || member.calm) || at - member.lastProbed >= calmInterval
}

/** Few may reach it: whose help was good goes first. Not about one that closed, lest a liar keep the dead. */
export function byHelp (helpers: readonly Member[], { closed, helper }: Member): Member[] {
  const first = closed ? undefined : helper
  return helpers.toSorted((a, b) => Number(b.id === first) - Number(a.id === first))
}

/** What a connected member is told of a suspicion, if there is one: who suspects it may not reach it, and it alone can refute. */
export function warnings (member: Member, word: Member['unsaid'], connected: boolean, at: number): DetectorOutput[] {
  if (word === undefined) return []
  const { id, incarnation, seq, refused, gone = false } = word
  if (!connected) {
    if (gone) member.unsaid = word
    return []
  }
  member.unsaid = undefined
  if (Math.abs(at - member.warnedAt) < REFUTE_INTERVAL || incarnation > member.incarnation || (!gone && member.suspicion !== undefined)) return []
  member.warnedAt = at
  return [{ type: 'warn', id, incarnation, seq, refused, gone }]
}
