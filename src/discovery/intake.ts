/**
 * Takes signed records from peers and lets only the good, new ones through. The cheap questions come first: a signature
 * is verified only for a record that would be news.
 */
import { decodeNodeRecord, decodeSignedRecord, encodeSignedRecord } from '../wire/discovery-codec.ts'
import { MAX_NODES } from '../wire/limits.ts'
import { MAX_VERIFYING, MAX_WAITING_BYTES, VERIFY_SLICE } from './numbers.ts'
import { toInfo, verifyRecord } from './records.ts'
import type { VerifiedRecord } from './view.core.ts'
import type { NodeRecord, SignedRecord } from '../wire/discovery-codec.ts'

/** Records of all that may wait. */
const MAX_WAITING = 2 * MAX_NODES

export type RecordFault = 'malformed' | 'wrong_mesh' | 'bad_signature' | 'overload'

/** Where a record came from. */
export interface Origin {
  /** The peer that sent it; undefined: gossip, whose sender proves nothing. */
  readonly from: string | undefined
  /** The node itself said it in a hello: nobody but us may have heard it. */
  readonly firstHand: boolean
}

export interface IntakeInit {
  mesh: string
  wants: (id: string, incarnation: number, seq: number, left: boolean, from: string | undefined) => boolean
  /** The peer was cut meanwhile: what it sent before is not worth a verification. */
  ignores: (from: string) => boolean
  /** A record that is new and true. */
  onRecord: (record: VerifiedRecord, origin: Origin) => void
  onFault: (fault: RecordFault, origin: Origin) => void
  now: () => number
  /** Some platforms answer later. @default verifyRecord */
  verify?: (id: string, signed: SignedRecord) => boolean | Promise<boolean>
}

interface Offer { signed: SignedRecord, origin: Origin }

interface Job extends Offer { size: number }

export class Intake {
  readonly #init: IntakeInit
  /** By origin, whose turn is next first: what one peer floods waits behind one record of each other. */
  readonly #queues = new Map<string | undefined, Job[]>()
  readonly #waiting = new Map<string | undefined, number>()
  #queued = 0
  #verifying = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Answers of verifications that were begun before a stop are not for the next start. */
  #generation = 0

  constructor (init: IntakeInit) {
    this.#init = init
  }

  /** What can be done at once is done before this returns. */
  offer (records: readonly SignedRecord[], origin: Origin): void {
    for (const signed of records) {
      const size = signed.record.byteLength + signed.signature.byteLength + signed.publicKey.byteLength
      const waiting = (this.#waiting.get(origin.from) ?? 0) + size
      // no more than as many as are free beside it, so that who comes finds some
      if (waiting > MAX_WAITING_BYTES || (this.#queues.get(origin.from)?.length ?? 0) >= MAX_WAITING - this.#queued) {
        this.#init.onFault('overload', origin)
        continue
      }
      this.#waiting.set(origin.from, waiting)
      this.#push({ signed, origin, size })
    }
    if (this.#timer == null) this.#pump()
  }

  stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#queues.clear()
    this.#queued = 0
    this.#waiting.clear()
    this.#verifying = 0
    this.#generation++
  }

  #push (job: Job): void {
    const queue = this.#queues.get(job.origin.from)
    if (queue == null) this.#queues.set(job.origin.from, [job])
    else queue.push(job)
    this.#queued++
  }

  #shift (): Job | undefined {
    const [turn] = this.#queues
    if (turn == null) return undefined
    const [from, queue] = turn
    this.#queues.delete(from)
    if (queue.length > 1) this.#queues.set(from, queue)
    this.#queued--
    return queue.shift()
  }

  #pump (): void {
    const until = this.#init.now() + VERIFY_SLICE
    while (this.#queued > 0 && this.#verifying < MAX_VERIFYING) {
      if (this.#init.now() > until) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined
          this.#pump()
        }, VERIFY_SLICE)
        return
      }
      const job = this.#shift()
      if (job != null) this.#judge(job)
    }
  }

  #judge (job: Job): void {
    const left = (this.#waiting.get(job.origin.from) ?? 0) - job.size
    if (left > 0) this.#waiting.set(job.origin.from, left)
    else this.#waiting.delete(job.origin.from)
    if (job.origin.from != null && this.#init.ignores(job.origin.from)) return
    const record = this.#read(job)
    if (record == null) return
    const verdict = this.#verify(record, job)
    if (typeof verdict === 'boolean') {
      this.#finish(job, record, verdict)
      return
    }
    this.#verifying++
    const generation = this.#generation
    void verdict.then(good => {
      if (generation !== this.#generation) return
      this.#verifying--
      this.#finish(job, record, good)
      if (this.#timer == null) this.#pump()
    })
  }

  /** The record of this node, which one call of ours was answered with: it need not wait for its turn. */
  introduce (id: string, bytes: Uint8Array, origin: Origin): void | Promise<void> {
    let signed: SignedRecord
    try {
      signed = decodeSignedRecord(bytes)
    } catch {
      this.#init.onFault('malformed', origin)
      return undefined
    }
    const job = { signed, origin }
    const record = this.#read(job)
    if (record?.id !== id) return undefined
    const verdict = this.#verify(record, job)
    if (typeof verdict === 'boolean') return this.#finish(job, record, verdict)
    const generation = this.#generation
    return verdict.then(good => { if (generation === this.#generation) this.#finish(job, record, good) })
  }

  #verify ({ id }: NodeRecord, { signed }: Offer): boolean | Promise<boolean> {
    return (this.#init.verify ?? verifyRecord)(id, signed)
  }

  #read ({ signed, origin }: Offer): NodeRecord | undefined {
    let record: NodeRecord
    try {
      record = decodeNodeRecord(signed.record)
    } catch {
      this.#init.onFault('malformed', origin)
      return undefined
    }
    if (record.mesh !== this.#init.mesh) {
      this.#init.onFault('wrong_mesh', origin)
      return undefined
    }
    return this.#init.wants(record.id, record.incarnation, record.seq, record.state === 'left', origin.from) ? record : undefined
  }

  #finish ({ signed, origin }: Offer, record: NodeRecord, good: boolean): void {
    if (!good) {
      this.#init.onFault('bad_signature', origin)
      return
    }
    let verified: VerifiedRecord
    try {
      verified = { info: toInfo(record), signed: encodeSignedRecord(signed) }
    } catch {
      this.#init.onFault('malformed', origin)
      return
    }
    this.#init.onRecord(verified, origin)
  }
}
