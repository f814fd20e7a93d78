/** Everything that peers send comes in here, and goes to the part that it concerns. */
import { equals } from 'uint8arrays/equals'
import { encodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { Intake } from './intake.ts'
import { now } from './timing.ts'
import { Doubles } from '#doubles'
import { DISPUTES_PER_TICK, MAX_DISPUTED, MAX_OBITUARIES } from './numbers.ts'
import type { Counters } from './counters.ts'
import type { DoublesClass } from './doubles.ts'
import type { Greeter } from './hello.ts'
import type { Origin, RecordFault } from './intake.ts'
import type { Peers } from './peers.ts'
import type { Prober } from './prober.ts'
import type { Roster } from './roster.ts'
import type { Self } from './self.ts'
import type { Spreader } from './spread.ts'
import type { Tombstone, VerifiedRecord } from './view.core.ts'
import type { FramedStream } from '../streams/index.ts'
import type { DiscoveryFrame, SignedRecord } from '../wire/discovery-codec.ts'
import type { PrivateKey } from '@libp2p/interface'

export interface InboxInit {
  mesh: string
  id: string
  privateKey: PrivateKey
  bootNonce: Uint8Array
  self: Self
  roster: Roster
  peers: Peers
  greeter: Greeter
  prober: Prober
  spreader: Spreader
  counters: Counters
  onConflict: () => void
}

export class Inbox {
  readonly #init: InboxInit
  readonly #intake: Intake
  /** Nodes that we gave up, and who says that they live: who says it often keeps nobody else's word out. */
  readonly #disputed = new Map<string, [id: string, from: string]>()
  readonly doubles: InstanceType<DoublesClass> | undefined

  constructor (init: InboxInit) {
    this.#init = init
    this.doubles = Doubles && new Doubles(init)
    this.#intake = new Intake({
      mesh: init.mesh,
      now,
      wants: (...record) => this.#wants(...record),
      ignores: from => init.peers.banned(from),
      onRecord: (record, origin) => { this.#onRecord(record, origin) },
      onFault: (fault, origin) => { this.#onFault(fault, origin) }
    })
  }

  stop (): void {
    this.doubles?.stop()
    this.#intake.stop()
  }

  /** To be called often. Whoever has a node in its view that we gave up passes on that it must say something newer. */
  tick (): void {
    let words = DISPUTES_PER_TICK
    for (const [key, [id, from]] of this.#disputed) {
      if (words-- === 0) return
      this.#disputed.delete(key)
      this.#tell(from, this.#init.roster.view.disputed(id, now()))
    }
  }

  onFrame (stream: FramedStream, frame: DiscoveryFrame): void {
    const { prober, greeter } = this.#init
    const from = stream.peer
    prober.tell({ type: 'contact', id: from })
    this.doubles?.onFrame(stream, frame)
    if (frame.hello != null) this.#onHello(from, frame.hello)
    else if (frame.records != null) this.#intake.offer(frame.records.records, { from, firstHand: false })
    else if (frame.fetch != null) greeter.fetch(from, frame.fetch.ids)
    else if (frame.probe != null) {
      prober.onProbe(from, frame.probe.nonce)
      this.#tellIfGone(from)
    } else if (frame.ack != null) prober.onAck(from, frame.ack.nonce)
    else if (frame.probeRequest != null) prober.onProbeRequest(from, frame.probeRequest)
    else if (frame.suspicion != null) prober.onSuspicion(from, frame.suspicion)
  }

  onGossip (records: readonly SignedRecord[]): void {
    this.#intake.offer(records, { from: undefined, firstHand: false })
  }

  introduce (id: string, record: Uint8Array, from: string): void | Promise<void> {
    return this.#intake.introduce(id, record, { from, firstHand: false })
  }

  #onHello (from: string, hello: NonNullable<DiscoveryFrame['hello']>): void {
    const { id, bootNonce, greeter, onConflict } = this.#init
    if (from === id) {
      if (!equals(hello.bootNonce, bootNonce)) onConflict()
      return
    }
    if (hello.self != null) this.#intake.offer([hello.self], { from, firstHand: true })
    greeter.answer(from, hello)
    this.#tellIfGone(from)
  }

  /** A node that we gave up talks to us: it must say something newer to come back. */
  #tellIfGone (id: string): void {
    const { roster, peers } = this.#init
    const grave = roster.view.tombstone(id)
    if (grave?.left === false && peers.allow(id, 'obituaries', MAX_OBITUARIES)) this.#tell(id, grave)
  }

  #tell (to: string, grave: Tombstone | undefined): void {
    if (grave != null) this.#init.peers.post(to, encodeDiscoveryFrame({ suspicion: { ...grave, gone: true } }))
  }

  #wants (id: string, incarnation: number, seq: number, left: boolean, from: string | undefined): boolean {
    const { self: { info: own }, roster: { view }, counters } = this.#init
    const wanted = id === own.id
      ? incarnation > own.incarnation || (incarnation === own.incarnation && seq >= own.seq)
      : view.wants(id, incarnation, seq, left)
    if (!wanted) {
      counters.add('records_stale')
      if (from != null && this.#disputed.size < MAX_DISPUTED && view.disputed(id, now()) != null) this.#disputed.set(id + from, [id, from])
    }
    return wanted
  }

  #onFault (fault: RecordFault, { from }: Origin): void {
    const { counters, peers } = this.#init
    counters.add(`records_${fault}`)
    if (from != null && fault !== 'overload') peers.punish(from, 2)
  }

  #onRecord (record: VerifiedRecord, { from, firstHand }: Origin): void {
    const { self, roster, counters, peers, spreader } = this.#init
    const { id, incarnation, seq } = record.info
    if (firstHand && id !== from) {
      counters.add('records_wrong_id')
      if (from != null) peers.punish(from, 2)
    } else if (id === self.info.id) {
      self.met(incarnation, seq, record.signed)
    } else {
      counters.add('records_accepted')
      roster.take(record)
      if (from != null) spreader.add(id, record.signed, { from, wide: firstHand })
    }
  }
}
