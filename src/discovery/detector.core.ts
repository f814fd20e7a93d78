/** Failure detector: SWIM (Das et al. 2002) with suspicion and Lifeguard's local health (arXiv 1707.00788). Pure. */
import { shuffle } from '../util/random.core.ts'
import { MAX_NODES } from '../wire/limits.ts'
import { LocalHealth } from './health.core.ts'
import { Accusers, suspicionTimeout } from './suspicion.core.ts'

export type DetectorInput =
  /** Every `tickInterval` ms; `lag` = how much later than asked this tick came (0 when in time). */
  | { type: 'tick', now: number, lag: number }
  /** A record entered the view or got newer; also this node's own, so that it knows what to refute with. */
  | { type: 'member', id: string, incarnation: number, seq: number, now: number }
  /** The node left the view (it said so, or was given up). */
  | { type: 'forget', id: string }
  /** First connection opened / last connection closed. */
  | { type: 'connected', id: string, now: number }
  | { type: 'closed', id: string, now: number }
  /** Any frame came from the node itself. */
  | { type: 'contact', id: string, now: number }
  /** An Ack to our nonce came (directly or passed on). */
  | { type: 'ack', nonce: number, now: number }
  /** A redial that we asked for ended. `refused`: actively refused (nobody listens there), not merely timed out. */
  | { type: 'redialled', id: string, ok: boolean, refused: boolean, now: number }
  /** A peer told us that it cannot reach `id` (may be ourselves). */
  | { type: 'suspicion', from: string, id: string, incarnation: number, seq: number, refused: boolean, now: number }
  /** Another room has trouble to reach the node. */
  | { type: 'report', id: string, now: number }

export type DetectorOutput =
  /** Send it over the peer's stream, opening a connection if there is none. What cannot be sent needs no answer. */
  | { type: 'probe', to: string, nonce: number }
  | { type: 'probeRequest', via: string, target: string, nonce: number }
  /** Dial it now, and say how that ended with `redialled`. */
  | { type: 'redial', id: string }
  /** Tell the peers. */
  | { type: 'spread', id: string, incarnation: number, seq: number, refused: boolean }
  | { type: 'suspect', id: string }
  /** A suspect answered or refuted. */
  | { type: 'alive', id: string }
  | { type: 'down', id: string }
  /** Somebody suspects us: sign a record with this seq and spread it. */
  | { type: 'refute', seq: number }

/** Milliseconds, unless said otherwise. */
export interface DetectorConfig {
  /** This node's id. */
  self: string
  /** In [0, 1): order of probes, choice of helpers, nonces. */
  random: () => number
  /** How often the driver must tick. @default 100 */
  tick: number
  /** One round of probes. @default 1000 */
  interval: number
  /** Members probed per round. @default 3 */
  probes: number
  /** Least time for an answer; 4 x the smoothed round trip if that is more. @default 500 */
  probeTimeout: number
  /** Helpers asked to probe a member that did not answer. @default 3 */
  indirect: number
  /** How long a suspect has to answer or refute when nobody else suspects it. @default 6000 */
  suspicionMax: number
  /** The same when enough others do, or when nobody is there who could. @default 2500 */
  suspicionMin: number
  /** Others whose suspicion shortens the time to its least. @default 3 */
  confirmations: number
  /** Members watched; the view has its own limit. @default MAX_NODES */
  maxMembers: number
}

export interface Detector {
  /** Ask `step({ type: 'tick' })` every so many ms. */
  readonly tickInterval: number
  /** Outputs are to be carried out in their order. */
  step (input: DetectorInput): DetectorOutput[]
  /** Counters: probes, indirect, missed, suspicions, refuted, downs, refusedDowns, refutations, lateTicks, health (0 well .. 8 sick), members. */
  stats (): Readonly<Record<string, number>>
}

export function createDetector (config: Partial<DetectorConfig> & Pick<DetectorConfig, 'self' | 'random'>): Detector {
  return new SwimDetector({ ...DEFAULTS, ...config })
}

const DEFAULTS = {
  tick: 100,
  interval: 1_000,
  probes: 3,
  probeTimeout: 500,
  indirect: 3,
  suspicionMax: 6_000,
  suspicionMin: 2_500,
  confirmations: 3,
  maxMembers: MAX_NODES
}

/** No answer takes longer than this, however sick we feel. */
const MAX_PROBE_TIMEOUT = 5_000
const MAX_RTT = 2_000
/** Probes per tick that others can make us send by suspicions and reports; the rest waits for the next tick. */
const URGENT_PER_TICK = 16
/** Refutations are signed and spread to everybody: not more often than this. */
const REFUTE_INTERVAL = 500
/** Nobody knows a newer seq of ours than we do; this leaves room for one that is on its way to the detector. */
const SEQ_SLACK = 16

interface Probe {
  nonce: number
  sentAt: number
  deadline: number
  indirect: boolean
  /** A frame came from the member meanwhile, though not (yet) the answer. */
  contacted: boolean
  /** Another node could not reach the member either: its failure to answer us is enough. */
  corroborates: boolean
}

interface Suspicion {
  since: number
  /** Own redial was refused. */
  refused: boolean
  spread: boolean
  retryAt: number
}

interface Member {
  readonly id: string
  incarnation: number
  seq: number
  /** Its last connection closed, and none opened since. */
  closed: boolean
  readonly rank: number
  lastProbed: number
  lastAck: number
  /** Smoothed round trip. */
  rtt: number
  urgent: boolean
  probe: Probe | undefined
  /** Nonce of the probe before, whose late answer still counts. */
  lateNonce: number | undefined
  accusers: Accusers
  suspicion: Suspicion | undefined
}

/**
 * Times inside are those of a clock that stands still while this node is blocked, so that a stall takes away nobody's
 * time to answer.
 */
class SwimDetector implements Detector {
  readonly #config: DetectorConfig
  readonly #health: LocalHealth
  readonly #members = new Map<string, Member>()
  readonly #connected = new Set<string>()
  readonly #nonces = new Map<number, string>()
  readonly #own = { incarnation: -1, seq: -1 }
  readonly #count = { probes: 0, indirect: 0, missed: 0, suspicions: 0, cleared: 0, downs: 0, refusedDowns: 0, refutations: 0, lateTicks: 0, ignored: 0 }
  #skew = 0
  #graceUntil = -Infinity
  #nextRound: number | undefined
  #urgentLeft = URGENT_PER_TICK
  #refuteAfter = -Infinity
  #pendingRefute = false
  #suspects = 0

  constructor (config: DetectorConfig) {
    this.#config = config
    this.#health = new LocalHealth(config.interval)
  }

  get tickInterval (): number {
    return this.#config.tick
  }

  step (input: DetectorInput): DetectorOutput[] {
    const out: DetectorOutput[] = []
    switch (input.type) {
      case 'tick': this.#tick(input.now, input.lag, out); break
      case 'member': this.#member(input, out); break
      case 'forget': this.#forget(input.id); break
      case 'suspicion': this.#heard(input, out); break
      case 'ack': this.#ack(input.nonce, input.now - this.#skew, out); break
      case 'connected': this.#onConnected(input.id, out); break
      case 'closed': this.#onClosed(input.id, input.now - this.#skew, out); break
      default: {
        const member = this.#members.get(input.id)
        if (member !== undefined) this.#about(member, input, input.now - this.#skew, out)
      }
    }
    return out
  }

  stats (): Readonly<Record<string, number>> {
    return { ...this.#count, health: this.#health.score, members: this.#members.size, suspects: this.#suspects, outstanding: this.#nonces.size }
  }

  #tick (now: number, lag: number, out: DetectorOutput[]): void {
    const { interval, tick } = this.#config
    if (lag > interval / 2) {
      this.#skew += lag
      this.#count.lateTicks++
      this.#health.late(lag)
      // what waits in the sockets must be heard before anybody is judged, but a loop that is always late must judge too
      const at = now - this.#skew
      if (at >= this.#graceUntil + tick) this.#graceUntil = at + 2 * tick
      for (const member of this.#members.values()) {
        member.lastAck = Math.min(member.lastAck, at)
        member.lastProbed = Math.min(member.lastProbed, at)
      }
    }
    const at = now - this.#skew
    this.#urgentLeft = URGENT_PER_TICK
    if (this.#pendingRefute && at >= this.#refuteAfter) this.#refute(at, out)
    if (at < this.#graceUntil) return
    for (const member of [...this.#members.values()]) this.#judge(member, at, out)
    this.#nextRound ??= at + this.#config.random() * interval
    if (at >= this.#nextRound) {
      this.#nextRound = at + interval
      this.#health.round()
      this.#round(at, out)
    }
  }

  #judge (member: Member, at: number, out: DetectorOutput[]): void {
    const probe = member.probe
    if (probe !== undefined && at >= probe.deadline) this.#unanswered(member, probe, at, out)
    if (member.suspicion !== undefined) {
      if (this.#verdict(member, member.suspicion, at, out)) return
      if (member.probe === undefined && at >= member.suspicion.retryAt) {
        member.suspicion.retryAt = at + this.#config.interval
        this.#reach(member, at, out)
      }
    } else if (member.urgent && member.probe === undefined) this.#urge(member, at, out)
  }

  #unanswered (member: Member, probe: Probe, at: number, out: DetectorOutput[]): void {
    if (probe.contacted) {
      this.#endProbe(member)
      return
    }
    if (!probe.indirect && member.suspicion === undefined) {
      this.#count.missed++
      this.#health.missed(member.id, at)
      if (!probe.corroborates && this.#askHelpers(member, probe.nonce, out)) {
        probe.indirect = true
        probe.deadline = at + this.#timeout(member)
        return
      }
    }
    this.#endProbe(member)
    this.#suspect(member, probe.corroborates ? probe.sentAt : at, out)
    this.#spread(member, out)
  }

  /** Every member is probed once before any is probed again, so all within ceil(members / probes) rounds. */
  #round (at: number, out: DetectorOutput[]): void {
    const due = [...this.#members.values()].filter(member => member.probe === undefined && member.suspicion === undefined)
      .sort((a, b) => a.lastProbed - b.lastProbed || a.rank - b.rank)
    for (const member of due.slice(0, this.#config.probes)) this.#probe(member, at, out)
  }

  #probe (member: Member, at: number, out: DetectorOutput[]): Probe {
    const nonce = this.#newNonce(member)
    const probe = { nonce, sentAt: at, deadline: at + this.#timeout(member), indirect: false, contacted: false, corroborates: false }
    member.probe = probe
    member.lastProbed = at
    member.urgent = false
    this.#count.probes++
    out.push({ type: 'probe', to: member.id, nonce })
    return probe
  }

  /** Tries every way to a suspect: its connection or a new one, and other nodes. */
  #reach (member: Member, at: number, out: DetectorOutput[]): void {
    const nonce = this.#newNonce(member)
    member.probe = { nonce, sentAt: at, deadline: at + this.#timeout(member), indirect: true, contacted: false, corroborates: false }
    member.lastProbed = at
    if (this.#connected.has(member.id)) out.push({ type: 'probe', to: member.id, nonce })
    else out.push({ type: 'redial', id: member.id })
    this.#askHelpers(member, nonce, out)
  }

  #askHelpers (member: Member, nonce: number, out: DetectorOutput[]): boolean {
    const able = [...this.#members.values()].filter(other => other !== member && other.suspicion === undefined && this.#connected.has(other.id))
    const helpers = shuffle(able, this.#config.random).slice(0, this.#config.indirect)
    for (const helper of helpers) out.push({ type: 'probeRequest', via: helper.id, target: member.id, nonce })
    this.#count.indirect += helpers.length
    return helpers.length > 0
  }

  #suspect (member: Member, since: number, out: DetectorOutput[]): Suspicion {
    if (member.suspicion === undefined) {
      member.suspicion = { since, refused: false, spread: false, retryAt: since + this.#config.interval }
      this.#suspects++
      this.#count.suspicions++
      out.push({ type: 'suspect', id: member.id })
    }
    return member.suspicion
  }

  #spread ({ id, incarnation, seq, suspicion }: Member, out: DetectorOutput[]): void {
    if (suspicion === undefined || suspicion.spread) return
    suspicion.spread = true
    out.push({ type: 'spread', id, incarnation, seq, refused: suspicion.refused })
  }

  /** Gives the suspect up if its time is over. */
  #verdict (member: Member, suspicion: Suspicion, at: number, out: DetectorOutput[]): boolean {
    const refused = suspicion.refused && member.accusers.refused
    if (!refused && at < suspicion.since + this.#patienceWith(member, suspicion)) return false
    this.#count.downs++
    if (refused) this.#count.refusedDowns++
    this.#spread(member, out)
    this.#forget(member.id)
    out.push({ type: 'down', id: member.id })
    return true
  }

  #patienceWith (member: Member, suspicion: Suspicion): number {
    const { suspicionMin: min, suspicionMax: max, confirmations: enough } = this.#config
    let able = this.#members.size - this.#suspects
    for (const id of member.accusers.ids()) {
      if (this.#members.get(id)?.suspicion !== undefined) able++
    }
    const lonely = this.#members.size > 1 && !suspicion.refused
    return suspicionTimeout({ min, max, enough }, member.accusers.size, able, lonely) * this.#health.mercy
  }

  #clear (member: Member, out: DetectorOutput[]): void {
    member.urgent = false
    if (member.accusers.size > 0) member.accusers = new Accusers()
    if (member.suspicion === undefined) return
    member.suspicion = undefined
    this.#suspects--
    this.#count.cleared++
    out.push({ type: 'alive', id: member.id })
  }

  #contact (member: Member, out: DetectorOutput[]): void {
    if (member.probe !== undefined) member.probe.contacted = true
    this.#clear(member, out)
  }

  #ack (nonce: number, at: number, out: DetectorOutput[]): void {
    const member = this.#members.get(this.#nonces.get(nonce) ?? '')
    if (member === undefined) return
    const probe = member.probe
    if (probe?.nonce === nonce) {
      if (!probe.indirect) member.rtt += (Math.min(MAX_RTT, at - probe.sentAt) - member.rtt) / 8
      this.#endProbe(member)
    }
    member.lastAck = at
    this.#contact(member, out)
  }

  #about (member: Member, input: Extract<DetectorInput, { type: 'contact' | 'redialled' | 'report' }>, at: number, out: DetectorOutput[]): void {
    if (input.type === 'contact') {
      // a frame that was read before the connection closed says nothing about now
      if (!member.closed) this.#contact(member, out)
    } else if (input.type === 'report') {
      if (member.suspicion === undefined && member.probe === undefined) this.#urge(member, at, out)
    } else if (input.ok) this.#onConnected(member.id, out)
    else if (input.refused || member.suspicion !== undefined) {
      const suspicion = this.#suspect(member, at, out)
      if (input.refused && !suspicion.refused) {
        suspicion.refused = true
        suspicion.spread = false
      }
      this.#spread(member, out)
      this.#verdict(member, suspicion, at, out)
    }
  }

  #onConnected (id: string, out: DetectorOutput[]): void {
    this.#connected.add(id)
    const member = this.#members.get(id)
    if (member === undefined) return
    member.closed = false
    this.#contact(member, out)
  }

  #onClosed (id: string, at: number, out: DetectorOutput[]): void {
    this.#connected.delete(id)
    const member = this.#members.get(id)
    if (member === undefined) return
    member.closed = true
    this.#suspect(member, at, out)
    this.#reach(member, at, out)
  }

  #heard (input: Extract<DetectorInput, { type: 'suspicion' }>, out: DetectorOutput[]): void {
    const at = input.now - this.#skew
    if (input.id === this.#config.self) {
      this.#accused(input.incarnation, input.seq, at, out)
      return
    }
    const member = this.#members.get(input.id)
    if (member === undefined || input.from === input.id || !this.#members.has(input.from) || isOlder(input, member)) {
      this.#count.ignored++
      return
    }
    member.accusers.add(input.from, input.refused)
    if (member.suspicion !== undefined) this.#verdict(member, member.suspicion, at, out)
    else if (member.probe !== undefined) member.probe.corroborates = true
    else this.#urge(member, at, out)
  }

  /** Probes the member now, or with the next tick when it answered just now or too much else is urgent. */
  #urge (member: Member, at: number, out: DetectorOutput[]): void {
    member.urgent = true
    if (this.#urgentLeft === 0 || at - member.lastAck < this.#config.probeTimeout) return
    this.#urgentLeft--
    this.#probe(member, at, out).corroborates = member.accusers.size > 0
    if (!this.#connected.has(member.id)) out.push({ type: 'redial', id: member.id })
  }

  #accused (incarnation: number, seq: number, at: number, out: DetectorOutput[]): void {
    if (incarnation !== this.#own.incarnation || seq < this.#own.seq) {
      this.#count.ignored++
      return
    }
    this.#health.suspected()
    this.#own.seq = Math.min(seq, this.#own.seq + SEQ_SLACK)
    if (at >= this.#refuteAfter) this.#refute(at, out)
    else this.#pendingRefute = true
  }

  #refute (at: number, out: DetectorOutput[]): void {
    this.#pendingRefute = false
    this.#refuteAfter = at + REFUTE_INTERVAL
    this.#own.seq++
    this.#count.refutations++
    out.push({ type: 'refute', seq: this.#own.seq })
  }

  #member (input: Extract<DetectorInput, { type: 'member' }>, out: DetectorOutput[]): void {
    const { id, incarnation, seq } = input
    const known = id === this.#config.self ? this.#own : this.#members.get(id)
    if (known !== undefined) {
      if (!isOlder(known, input)) return
      known.incarnation = incarnation
      known.seq = seq
      if (known !== this.#own) this.#clear(known as Member, out)
    } else if (this.#members.size < this.#config.maxMembers) {
      const at = input.now - this.#skew
      this.#members.set(id, {
        id, incarnation, seq, closed: false, rank: this.#config.random(), lastProbed: at, lastAck: at, rtt: 0, urgent: false,
        probe: undefined, lateNonce: undefined, accusers: new Accusers(), suspicion: undefined
      })
    } else this.#count.ignored++
  }

  #forget (id: string): void {
    const member = this.#members.get(id)
    if (member === undefined) return
    if (member.suspicion !== undefined) this.#suspects--
    for (const nonce of [member.probe?.nonce, member.lateNonce]) {
      if (nonce !== undefined) this.#nonces.delete(nonce)
    }
    this.#members.delete(id)
  }

  #timeout (member: Member): number {
    return Math.min(MAX_PROBE_TIMEOUT, Math.max(this.#config.probeTimeout, 4 * member.rtt) * this.#health.patience)
  }

  /** Random, so that nobody but those who were asked can answer. */
  #newNonce (member: Member): number {
    this.#endProbe(member)
    let nonce = 0
    while (nonce === 0 || this.#nonces.has(nonce)) nonce = Math.floor(this.#config.random() * 0x1_0000_0000)
    this.#nonces.set(nonce, member.id)
    return nonce
  }

  #endProbe (member: Member): void {
    if (member.probe === undefined) return
    if (member.lateNonce !== undefined) this.#nonces.delete(member.lateNonce)
    member.lateNonce = member.probe.nonce
    member.probe = undefined
  }
}

function isOlder (a: { incarnation: number, seq: number }, b: { incarnation: number, seq: number }): boolean {
  return a.incarnation < b.incarnation || (a.incarnation === b.incarnation && a.seq < b.seq)
}
