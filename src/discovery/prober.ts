/** Feeds the failure detector, and carries out what it decides. */
import { shuffle } from '../util/random.core.ts'
import { unref } from '../util/timeouts.ts'
import { encodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { createDetector } from './detector.core.ts'
import { MAX_ASKED, MAX_RELAYED, MAX_TOLD, PROBE_TIMEOUT, RELAY_TIMEOUT, SILENCE } from './numbers.ts'
import type { Counters } from './counters.ts'
import type { Detector, DetectorInput, DetectorOutput } from './detector.core.ts'
import type { Dialler } from './dialler.ts'
import type { DiscoveryInit } from './index.ts'
import type { Peers } from './peers.ts'
import type { DiscoveryFrame } from '../wire/discovery-codec.ts'
import type { Logger } from '@libp2p/interface'

export interface ProberInit {
  self: string
  detector: DiscoveryInit['detector']
  peers: Peers
  dialler: Dialler
  /** Members that are connected. */
  members: () => string[]
  /** Whether it is a member. */
  knows: (id: string) => boolean
  onOpinion: (id: string, opinion: 'alive' | 'suspect' | 'down') => void
  onRefute: (seq: number) => void
  counters: Counters
  random: () => number
  now: () => number
  log: Logger
}

type Input<T extends DetectorInput['type']> = Omit<Extract<DetectorInput, { type: T }>, 'now'>

export class Prober {
  readonly #init: ProberInit
  readonly #relayed = new Map<number, { to: string, nonce: number, until: number }>()
  /** When a tick last found that a member was heard. */
  readonly #heard = new Map<string, number>()
  #detector: Detector
  #timer: ReturnType<typeof setTimeout> | undefined
  #generation = 0

  constructor (init: ProberInit) {
    this.#init = init
    this.#detector = this.#create()
  }

  /** @param onTick - called with each tick, after the detector */
  start (onTick: () => void): void {
    this.#detector = this.#create()
    this.#arm(onTick)
  }

  stop (): void {
    clearTimeout(this.#timer)
    this.#generation++
    this.#relayed.clear()
  }

  stats (): Readonly<Record<string, number>> {
    return this.#detector.stats()
  }

  rtt (id: string): number | undefined {
    return this.#detector.rtt(id)
  }

  /** All inputs but the tick; the time is added here. */
  tell (input: Input<'member'> | Input<'forget'> | Input<'connected'> | Input<'closed'> | Input<'contact'> | Input<'ack'> | Input<'redialled'> | Input<'suspicion'> | Input<'report'> | Input<'woken'>): void {
    // who is understood has no full line, and who is forgotten none at all
    this.#heard.delete((input as { id: string }).id)
    this.#step({ ...input, now: this.#init.now() } as DetectorInput)
  }

  onProbe (from: string, nonce: number): void {
    this.#init.peers.post(from, encodeDiscoveryFrame({ ack: { nonce } }), PROBE_TIMEOUT)
  }

  onAck (from: string, nonce: number): void {
    const relayed = this.#relayed.get(nonce)
    if (relayed == null) {
      this.tell({ type: 'ack', nonce, from })
      return
    }
    this.#relayed.delete(nonce)
    this.#init.peers.post(relayed.to, encodeDiscoveryFrame({ ack: { nonce: relayed.nonce } }), PROBE_TIMEOUT)
  }

  onProbeRequest (from: string, { nonce, target }: NonNullable<DiscoveryFrame['probeRequest']>): void {
    const { peers, self, knows, random, now } = this.#init
    if (target === from || !peers.allow(from, 'probe_requests', MAX_ASKED)) return
    if (target === self) {
      this.onProbe(from, nonce)
      return
    }
    if (!knows(target) || this.#relayed.size >= MAX_RELAYED) return
    const own = Math.floor(random() * 0x1_0000_0000)
    this.#relayed.set(own, { to: from, nonce, until: now() + RELAY_TIMEOUT })
    peers.post(target, encodeDiscoveryFrame({ probe: { nonce: own } }), PROBE_TIMEOUT)
  }

  onSuspicion (from: string, suspicion: NonNullable<DiscoveryFrame['suspicion']>): void {
    if (this.#init.peers.allow(from, 'suspicions', MAX_ASKED)) this.tell({ ...suspicion, type: 'suspicion', from })
  }

  #create (): Detector {
    const { self, random, detector } = this.#init
    return createDetector({ self, random, ...detector })
  }

  #arm (onTick: () => void): void {
    const asked = this.#detector.tickInterval
    const at = this.#init.now() + asked
    this.#timer = unref(setTimeout(() => {
      this.#arm(onTick)
      const now = this.#init.now()
      // A line that is full holds probes back; whatever arrives on it shows that the member lives.
      for (const { peer, sentAt } of this.#init.peers.heard()) {
        if (!this.#init.knows(peer)) continue
        this.#step({ type: 'contact', id: peer, now })
        // And it wants to know the same of us, though nothing that we could answer has arrived yet. One word, heard once, is
        // no such line: it may be such a sign itself, and two nodes that answer each other's are never quiet again.
        if ((this.#heard.get(peer) as number) > sentAt && now - sentAt > SILENCE) this.#init.peers.post(peer, encodeDiscoveryFrame({ ack: { nonce: 0 } }), PROBE_TIMEOUT)
        this.#heard.set(peer, now)
      }
      this.#step({ type: 'tick', now, lag: Math.max(0, now - at) })
      for (const [nonce, { until }] of this.#relayed) {
        if (until > now) break
        this.#relayed.delete(nonce)
      }
      onTick()
    }, asked))
  }

  #step (input: DetectorInput): void {
    for (const output of this.#detector.step(input)) this.#carryOut(output)
  }

  #carryOut (output: DetectorOutput): void {
    const { peers, onOpinion, onRefute, dialler, log } = this.#init
    switch (output.type) {
      case 'probe':
        peers.post(output.to, encodeDiscoveryFrame({ probe: { nonce: output.nonce } }), PROBE_TIMEOUT)
        break
      case 'probeRequest':
        peers.post(output.via, encodeDiscoveryFrame({ probeRequest: { nonce: output.nonce, target: output.target } }), PROBE_TIMEOUT)
        break
      case 'redial':
        this.#redial(output.id)
        break
      case 'spread':
        this.#spread(output)
        break
      case 'warn':
        peers.post(output.id, encodeDiscoveryFrame({ suspicion: output }), PROBE_TIMEOUT)
        break
      case 'refute':
        onRefute(output.seq)
        break
      case 'down':
        log('%s is down', output.id)
        onOpinion(output.id, 'down')
        dialler.drop(output.id)
        break
      default:
        onOpinion(output.id, output.type)
    }
  }

  #redial (id: string): void {
    const { dialler, counters, log } = this.#init
    const generation = this.#generation
    counters.add('redials')
    dialler.redial(id).then(({ ok, refused }) => {
      if (generation === this.#generation) this.tell({ type: 'redialled', id, ok, refused })
    }).catch(err => { log.error('redial of %s - %e', id, err) })
  }

  #spread ({ id, incarnation, seq, refused }: Extract<DetectorOutput, { type: 'spread' }>): void {
    const { peers, members, random } = this.#init
    const frame = encodeDiscoveryFrame({ suspicion: { id, incarnation, seq, refused } })
    const connected = members()
    const told = shuffle(connected, random).slice(0, MAX_TOLD)
    if (connected.includes(id) && !told.includes(id)) told.push(id)
    for (const to of told) peers.post(to, frame, PROBE_TIMEOUT)
  }
}
