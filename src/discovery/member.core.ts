/** What the failure detector remembers of one member. Pure. */
import { Accusers } from './suspicion.core.ts'

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
  /** Its last connection closed, and none opened since. */
  closed: boolean
  /** Random: decides whose turn it is among those that wait equally long. */
  readonly rank: number
  lastProbed: number
  lastAck: number
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
