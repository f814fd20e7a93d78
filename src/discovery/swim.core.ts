/** The state machine behind the failure detector: who is probed when, and what follows from silence. Pure. */
import { shuffle } from '../util/random.core.ts'
import { LocalHealth } from './health.core.ts'
import { answered, answerTime, byHelp, createMember, isDue, isOlder, notAfter, pardon, warnings } from './member.core.ts'
import { OwnTime } from './own-time.core.ts'
import { Refutation } from './refutation.core.ts'
import { Accusers, suspicionTimeout } from './suspicion.core.ts'
import type { Detector, DetectorConfig, DetectorInput, DetectorOutput } from './detector.core.ts'
import type { Member, Probe, Suspicion } from './member.core.ts'

/** Probes per tick that others can make us send by suspicions and reports; the rest waits for the next tick. */
const URGENT_PER_TICK = 16

export class SwimDetector implements Detector {
  readonly #config: DetectorConfig
  readonly #health: LocalHealth
  readonly #time: OwnTime
  readonly #members = new Map<string, Member>()
  readonly #connected = new Set<string>()
  readonly #nonces = new Map<number, string>()
  readonly #refutation = new Refutation()
  readonly #count = { probes: 0, indirect: 0, missed: 0, suspicions: 0, cleared: 0, downs: 0, refusedDowns: 0, refutations: 0, lateTicks: 0, ignored: 0 }
  #nextRound: number | undefined
  #urgentLeft = URGENT_PER_TICK
  #suspects = 0

  constructor (config: DetectorConfig) {
    this.#config = config
    this.#health = new LocalHealth(config.interval)
    this.#time = new OwnTime(config.tick, config.interval / 2)
  }

  get tickInterval (): number {
    return this.#config.tick
  }

  step (input: DetectorInput): DetectorOutput[] {
    const out: DetectorOutput[] = []
    const at = 'now' in input ? this.#time.at(input.now) : 0
    switch (input.type) {
      case 'tick': this.#tick(input.now, input.lag, out); break
      case 'woken': this.#wake(at); break
      case 'member': this.#member(input, at, out); break
      case 'forget': this.#forget(input.id); break
      case 'suspicion': this.#heard(input, at, out); break
      case 'ack': this.#ack(input, at, out); break
      case 'connected': this.#onConnected(input.id, at, out); break
      case 'closed': this.#onClosed(input.id, at, out); break
      default: {
        const member = this.#members.get(input.id)
        if (member !== undefined) this.#about(member, input, at, out)
      }
    }
    return out
  }

  stats (): Readonly<Record<string, number>> {
    return { ...this.#count, health: this.#health.score, members: this.#members.size, suspects: this.#suspects, outstanding: this.#nonces.size }
  }

  rtt (id: string): number | undefined { return this.#members.get(id)?.lastRtt }

  #tick (now: number, lag: number, out: DetectorOutput[]): void {
    const stalled = this.#time.ticked(now, lag)
    const at = this.#time.at(now)
    if (stalled) {
      this.#count.lateTicks++
      this.#health.late(lag)
      for (const member of this.#members.values()) notAfter(member, at)
    }
    this.#urgentLeft = URGENT_PER_TICK
    this.#refute(at, out)
    if (this.#time.isGrace(at)) return
    for (const member of [...this.#members.values()]) this.#judge(member, at, out)
    this.#nextRound ??= at + this.#config.random() * this.#config.interval
    if (at >= this.#nextRound) {
      this.#nextRound = at + this.#config.interval
      this.#health.round()
      this.#round(at, out)
    }
  }

  /** What silence told before is void, as it was this node that did not listen: suspects have all their time again. */
  #wake (at: number): void {
    this.#health.late(Infinity)
    this.#time.woken(at)
    for (const member of this.#members.values()) {
      this.#endProbe(member)
      pardon(member, at)
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
      if ((probe.heardAt === undefined || !this.#connected.has(member.id)) && this.#askHelpers(member, probe.nonce, out)) {
        probe.indirect = true
        probe.deadline = at + answerTime(member, this.#config.probeTimeout, this.#health.patience)
        return
      }
    }
    this.#endProbe(member)
    this.#suspect(member, probe.heardAt ?? at, out)
    this.#spread(member, out)
  }

  /** Every member is probed once before any is probed again, so all within ceil(members / probes) rounds; calm ones take their time. */
  #round (at: number, out: DetectorOutput[]): void {
    const due = [...this.#members.values()].filter(member => member.probe === undefined && member.suspicion === undefined && isDue(member, at, this.#config))
      .sort((a, b) => a.lastProbed - b.lastProbed || a.rank - b.rank)
    for (const member of due.slice(0, this.#config.probes)) this.#probe(member, at, out)
  }

  #probe (member: Member, at: number, out: DetectorOutput[]): Probe {
    const nonce = this.#newNonce(member)
    const probe = { nonce, sentAt: at, deadline: at + answerTime(member, this.#config.probeTimeout, this.#health.patience), indirect: false, contacted: false, heardAt: undefined }
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
    member.probe = { nonce, sentAt: at, deadline: at + answerTime(member, this.#config.probeTimeout, this.#health.patience), indirect: true, contacted: false, heardAt: undefined }
    member.lastProbed = at
    if (this.#connected.has(member.id)) out.push({ type: 'probe', to: member.id, nonce })
    else out.push({ type: 'redial', id: member.id })
    this.#askHelpers(member, nonce, out)
  }

  #askHelpers (member: Member, nonce: number, out: DetectorOutput[]): boolean {
    const able = [...this.#members.values()].filter(other => other !== member && other.suspicion === undefined && this.#connected.has(other.id))
    const helpers = byHelp(shuffle(able, this.#config.random), member).slice(0, this.#config.indirect)
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
    if (this.#time.isGrace(at) || (!refused && at < suspicion.since + this.#patienceWith(member, suspicion))) return false
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

  #ack ({ nonce, from }: Extract<DetectorInput, { type: 'ack' }>, at: number, out: DetectorOutput[]): void {
    const member = this.#members.get(this.#nonces.get(nonce) ?? '')
    if (member === undefined) return
    member.helper = from
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
    } else if (input.ok) this.#onConnected(member.id, at, out)
    else if (!this.#time.isGrace(at) && (input.refused || member.suspicion !== undefined)) {
      const suspicion = this.#suspect(member, at, out)
      if (input.refused && !suspicion.refused) {
        suspicion.refused = true
        suspicion.spread = false
      }
      this.#spread(member, out)
      this.#verdict(member, suspicion, at, out)
    }
  }

  #onConnected (id: string, at: number, out: DetectorOutput[]): void {
    this.#connected.add(id)
    const member = this.#members.get(id)
    if (member === undefined) return
    member.closed = false
    this.#contact(member, out)
    out.push(...warnings(member, member.unsaid, true, at))
  }

  #onClosed (id: string, at: number, out: DetectorOutput[]): void {
    this.#connected.delete(id)
    const member = this.#members.get(id)
    if (member === undefined) return
    member.closed = true
    this.#suspect(member, at, out)
    this.#reach(member, at, out)
  }

  #heard (input: Extract<DetectorInput, { type: 'suspicion' }>, at: number, out: DetectorOutput[]): void {
    if (input.id === this.#config.self) {
      if (this.#refutation.accept(input.incarnation, input.seq)) this.#refute(at, out)
      else this.#count.ignored++
      return
    }
    const member = this.#members.get(input.id)
    if (member === undefined || input.from === input.id || !this.#members.has(input.from) || isOlder(input, member)) {
      this.#count.ignored++
      return
    }
    const connected = this.#connected.has(member.id)
    out.push(...warnings(member, input, connected, at))
    // who gave it up tells what was, and asks for what is: without a connection this node cannot tell either, and asks helpers
    const accuses = connected || input.gone !== true
    if (accuses) member.accusers.add(input.from, input.refused)
    if (member.suspicion !== undefined) this.#verdict(member, member.suspicion, at, out)
    else if (member.probe === undefined) this.#urge(member, at, out)
    else if (accuses) member.probe.heardAt ??= at
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

  #refute (at: number, out: DetectorOutput[]): void {
    const seq = this.#refutation.due(at)
    if (seq === undefined) return
    this.#health.suspected()
    this.#count.refutations++
    out.push({ type: 'refute', seq })
  }

  #member (input: Extract<DetectorInput, { type: 'member' }>, at: number, out: DetectorOutput[]): void {
    const { id, incarnation, seq, calm = false } = input
    const member = this.#members.get(id)
    if (id === this.#config.self) this.#refutation.know(incarnation, seq)
    else if (member !== undefined) {
      if (!isOlder(member, input)) return
      member.incarnation = incarnation
      member.seq = seq
      member.calm = calm
      member.closed = false
      this.#clear(member, out)
    } else if (this.#members.size < this.#config.maxMembers) {
      this.#members.set(id, createMember(id, incarnation, seq, calm, this.#config.random(), at))
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
