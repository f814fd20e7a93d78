/** The state machine behind the failure detector: who is probed when, and what follows from silence. Pure. */
import { shuffle } from '../util/random.core.ts'
import { LocalHealth } from './health.core.ts'
import { answered, createMember, isOlder } from './member.core.ts'
import { Refutation } from './refutation.core.ts'
import { Accusers, suspicionTimeout } from './suspicion.core.ts'
import type { Detector, DetectorConfig, DetectorInput, DetectorOutput } from './detector.core.ts'
import type { Member, Probe, Suspicion } from './member.core.ts'

/** No answer takes longer than this, however sick we feel. */
const MAX_PROBE_TIMEOUT = 5_000
/** Probes per tick that others can make us send by suspicions and reports; the rest waits for the next tick. */
const URGENT_PER_TICK = 16
/**
 * Times inside are those of a clock that stands still while this node is blocked, so that a stall takes away nobody's
 * time to answer.
 */
export class SwimDetector implements Detector {
  readonly #config: DetectorConfig
  readonly #health: LocalHealth
  readonly #members = new Map<string, Member>()
  readonly #connected = new Set<string>()
  readonly #nonces = new Map<number, string>()
  readonly #refutation = new Refutation()
  readonly #count = { probes: 0, indirect: 0, missed: 0, suspicions: 0, cleared: 0, downs: 0, refusedDowns: 0, refutations: 0, lateTicks: 0, ignored: 0 }
  #skew = 0
  #graceUntil = -Infinity
  #nextRound: number | undefined
  #urgentLeft = URGENT_PER_TICK
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

  rtt (id: string): number | undefined { return this.#members.get(id)?.lastRtt }

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
    this.#refute(at, out)
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
      if (probe.heardAt === undefined && this.#askHelpers(member, probe.nonce, out)) {
        probe.indirect = true
        probe.deadline = at + this.#timeout(member)
        return
      }
    }
    this.#endProbe(member)
    this.#suspect(member, probe.heardAt ?? at, out)
    this.#spread(member, out)
  }

  /** Every member is probed once before any is probed again, so all within ceil(members / probes) rounds; calm ones take their time. */
  #round (at: number, out: DetectorOutput[]): void {
    const due = [...this.#members.values()].filter(member => member.probe === undefined && member.suspicion === undefined && this.#isDue(member, at))
      .sort((a, b) => a.lastProbed - b.lastProbed || a.rank - b.rank)
    for (const member of due.slice(0, this.#config.probes)) this.#probe(member, at, out)
  }

  #isDue ({ calm, lastProbed }: Member, at: number): boolean {
    return !(calm || this.#config.calm) || at - lastProbed >= this.#config.calmInterval
  }

  #probe (member: Member, at: number, out: DetectorOutput[]): Probe {
    const nonce = this.#newNonce(member)
    const probe = { nonce, sentAt: at, deadline: at + this.#timeout(member), indirect: false, contacted: false, heardAt: undefined }
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
    member.probe = { nonce, sentAt: at, deadline: at + this.#timeout(member), indirect: true, contacted: false, heardAt: undefined }
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
      if (!probe.indirect) answered(member, at - probe.sentAt)
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
    else if (member.probe !== undefined) member.probe.heardAt ??= at
    else this.#urge(member, at, out)
  }

  /** Probes the member now, or with the next tick when it answered just now or too much else is urgent. */
  #urge (member: Member, at: number, out: DetectorOutput[]): void {
    member.urgent = true
    if (this.#urgentLeft === 0 || at - member.lastAck < this.#config.probeTimeout) return
    this.#urgentLeft--
    const probe = this.#probe(member, at, out)
    if (member.accusers.size > 0) probe.heardAt = at
    if (!this.#connected.has(member.id)) out.push({ type: 'redial', id: member.id })
  }

  #accused (incarnation: number, seq: number, at: number, out: DetectorOutput[]): void {
    if (this.#refutation.accept(incarnation, seq)) this.#refute(at, out)
    else this.#count.ignored++
  }

  #refute (at: number, out: DetectorOutput[]): void {
    const seq = this.#refutation.due(at)
    if (seq === undefined) return
    this.#health.suspected()
    this.#count.refutations++
    out.push({ type: 'refute', seq })
  }

  #member (input: Extract<DetectorInput, { type: 'member' }>, out: DetectorOutput[]): void {
    const { id, incarnation, seq, calm = false } = input
    const member = this.#members.get(id)
    if (id === this.#config.self) this.#refutation.know(incarnation, seq)
    else if (member !== undefined) {
      if (!isOlder(member, input)) return
      member.incarnation = incarnation
      member.seq = seq
      member.calm = calm
      this.#clear(member, out)
    } else if (this.#members.size < this.#config.maxMembers) {
      this.#members.set(id, createMember(id, incarnation, seq, calm, this.#config.random(), input.now - this.#skew))
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
