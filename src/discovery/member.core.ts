/** What the failure detector remembers of one member. Pure. */
import { Accusers } from './suspicion.core.ts'

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
  readonly since: number
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
