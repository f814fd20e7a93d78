/** This node's own record: what it says, when it is signed anew, and which incarnation it is of. */
import { equals } from 'uint8arrays/equals'
import { InvalidOptionsError } from '../errors.ts'
import { given } from '../util/given.ts'
import { MAX_ADDRESSES } from '../wire/limits.ts'
import { CONFLICT_RAISES, LOAD_INTERVAL, RAISE_INTERVAL } from './numbers.ts'
import { encodeInfo, signInfo } from './records.ts'
import type { Leadership, NodeInfo, SelfPatch } from './index.ts'
import type { VerifiedRecord } from './view.core.ts'
import type { PrivateKey } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'

export interface SelfInit {
  mesh: string
  info: NodeInfo
  privateKey: PrivateKey
  /** {@link DiscoveryInit.presign} */
  presign?: boolean
  /** Where this node can be reached now. */
  addresses: () => string[]
  /** A record was signed and is to be spread. */
  onSigned: (record: VerifiedRecord) => void
  onIncarnation: (incarnation: number) => void
  /** The identity is in use elsewhere. */
  onConflict: () => void
  onError: (error: unknown) => void
  now: () => number
}

export class Self {
  readonly #init: SelfInit
  #info: NodeInfo
  #signed: VerifiedRecord | undefined
  /** What {@link suspend} says. */
  #parting: Record<'away' | 'left', VerifiedRecord> | undefined
  /** The state before {@link suspend}. */
  #before: NodeInfo['state'] | undefined
  #running = false
  #left = false
  #signing = false
  #dirty = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #due = Infinity
  #signedAt = -Infinity
  #raises = 0
  #mayRaiseAt = -Infinity
  /** The highest incarnation that was met before that, to be met again then. */
  #early = 0
  #meeting: ReturnType<typeof setTimeout> | undefined
  #starts = 0

  constructor (init: SelfInit) {
    this.#init = init
    this.#info = init.info
    this.#check(init.info)
  }

  get info (): NodeInfo {
    return this.#info
  }

  /** The newest record, as signed. */
  get signed (): VerifiedRecord | undefined {
    return this.#signed
  }

  /** A second start of the same object is a new start of the node. */
  async start (): Promise<void> {
    const { incarnation } = this.#info
    if (this.#starts++ > 0) {
      this.#info = { ...this.#info, incarnation: Math.max(incarnation + 1, Date.now()), seq: 0, state: 'up' }
      this.#init.onIncarnation(this.#info.incarnation)
    }
    this.#running = true
    this.#left = false
    this.#signed = undefined
    this.#parting = undefined
    this.#before = undefined
    this.#raises = 0
    this.#mayRaiseAt = -Infinity
    this.#info = { ...this.#info, addresses: this.#init.addresses() }
    await this.#sign()
  }

  stop (): void {
    this.#running = false
    this.#disarm()
    clearTimeout(this.#meeting)
    this.#early = 0
  }

  update (patch: SelfPatch): void {
    const { election, ...rest } = this.#info
    const next = patched({ ...rest, ...structuredClone(given({ ...patch, election: undefined })) }, patch.election === undefined ? election : patch.election)
    const changed = changes(this.#info, next)
    if (changed.length === 0) return
    this.#check(next)
    this.#info = next
    this.#arm(changed.every(field => field === 'load') ? Math.max(0, this.#signedAt + LOAD_INTERVAL - this.#init.now()) : 0)
  }

  /** The transports listen somewhere else now. */
  refreshAddresses (): void {
    const addresses = this.#init.addresses()
    if (String(addresses) === String(this.#info.addresses)) return
    this.#info = { ...this.#info, addresses }
    this.#arm(0)
  }

  /** Somebody suspects this node: sign a record with at least this seq. */
  refute (seq: number): void {
    if (this.#left || !this.#running) return
    this.#info = { ...this.#info, seq: Math.max(this.#info.seq, seq - 1) }
    this.#arm(0)
  }

  /**
   * A true record of this node went round. If this start did not make it, an earlier one did (its number was lost) or
   * a copy of this node: only a higher incarnation makes peers listen to this start.
   */
  met (incarnation: number, seq: number, signed: Uint8Array): void {
    const mine = this.#info
    if (this.#left || !this.#running || incarnation < mine.incarnation) return
    if (incarnation === mine.incarnation && (seq < mine.seq || (seq === mine.seq && this.#signed != null && equals(signed, this.#signed.signed)))) return
    const now = this.#init.now()
    if (now < this.#mayRaiseAt) {
      if (incarnation < this.#early) return
      this.#early = incarnation
      clearTimeout(this.#meeting)
      this.#meeting = setTimeout(() => { this.met(incarnation, seq, signed) }, this.#mayRaiseAt - now)
      return
    }
    this.#mayRaiseAt = now + RAISE_INTERVAL * 2 ** Math.min(this.#raises, 6)
    if (++this.#raises >= CONFLICT_RAISES) this.#init.onConflict()
    this.#info = { ...mine, incarnation: incarnation + 1, seq: 0 }
    this.#init.onIncarnation(incarnation + 1)
    this.#arm(0)
  }

  /** A new life, above that incarnation. */
  renew (above: number): void {
    if (this.#left || !this.#running || above < this.#info.incarnation) return
    this.#info = { ...this.#info, incarnation: above + 1, seq: 0 }
    this.#init.onIncarnation(above + 1)
    this.#arm(0)
  }

  /** The last record of this start. Undefined if there never was one. */
  async leave (): Promise<VerifiedRecord | undefined> {
    if (!this.#running || this.#left) return undefined
    this.#left = true
    this.#disarm()
    this.#info = Object.freeze({ ...this.#info, state: 'left', seq: this.#info.seq + 1 })
    this.#signed = await signInfo(this.#info, this.#init.mesh, this.#init.privateKey)
    return this.#signed
  }

  /** @throws InvalidOptionsError */
  #check (info: NodeInfo): void {
    try {
      encodeInfo(info, this.#init.mesh)
    } catch (err) {
      throw new InvalidOptionsError(`this node's record: ${(err as Error).message}`)
    }
  }

  /** The record that says so, if it was signed before. */
  suspend (state: 'away' | 'left'): VerifiedRecord | undefined {
    const record = this.#parting?.[state]
    if (record == null || this.#left || !this.#running || (state === 'away' && this.#info.state === 'away')) return undefined
    this.#disarm()
    this.#left = state === 'left'
    this.#before ??= this.#info.state
    this.#info = Object.freeze({ ...this.#info, state, seq: Math.max(this.#info.seq, record.info.seq) })
    this.#signed = record
    return record
  }

  resume (): void {
    const state = this.#before
    if (state == null || !this.#running) return
    this.#before = undefined
    const addresses = this.#init.addresses()
    if (this.#left) {
      // Who has left comes back only as somebody new.
      this.#left = false
      this.#info = { ...this.#info, state, addresses, incarnation: Math.max(this.#info.incarnation + 1, Date.now()), seq: 0 }
      this.#init.onIncarnation(this.#info.incarnation)
    } else {
      this.#info = { ...this.#info, state, addresses }
    }
    this.#arm(0)
  }

  #arm (delay: number): void {
    if (!this.#running || this.#left) return
    const due = this.#init.now() + delay
    if (due >= this.#due) return
    this.#disarm()
    this.#due = due
    this.#timer = setTimeout(() => {
      this.#disarm()
      this.#sign().catch(this.#init.onError)
    }, delay)
  }

  #disarm (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = Infinity
  }

  async #sign (): Promise<void> {
    if (this.#signing) {
      this.#dirty = true
      return
    }
    this.#signing = true
    try {
      do {
        this.#dirty = false
        this.#info = Object.freeze({ ...this.#info, seq: this.#info.seq + 1 })
        this.#signedAt = this.#init.now()
        const result = signInfo(this.#info, this.#init.mesh, this.#init.privateKey)
        const record = result instanceof Promise ? await result : result
        const parting = this.#init.presign === true ? await this.#signParting(record.info) : undefined
        if (!this.#running || this.#left) return
        this.#parting = parting
        this.#signed = record
        this.#init.onSigned(record)
      } while (this.#dirty)
    } finally {
      this.#signing = false
    }
  }

  /** Before the record itself is known to anybody, so that they are never older than what others have. */
  async #signParting (info: NodeInfo): Promise<Record<'away' | 'left', VerifiedRecord>> {
    const { mesh, privateKey } = this.#init
    const next = { ...info, seq: info.seq + 1 }
    const [away, left] = await Promise.all((['away', 'left'] as const).map(async state =>
      signInfo(Object.freeze({ ...next, state }), mesh, privateKey))) as [VerifiedRecord, VerifiedRecord]
    return { away, left }
  }
}

/** Where the node can be dialled, without its id: a record names that once. */
export function ownAddresses (id: string, addressManager: Pick<AddressManager, 'getAddresses'>): string[] {
  const suffix = `/p2p/${id}`
  return addressManager.getAddresses().map(String)
    .map(address => address.endsWith(suffix) ? address.slice(0, -suffix.length) : address)
    .filter(address => address !== '').slice(0, MAX_ADDRESSES)
}

function patched (info: NodeInfo, election: Leadership | null | undefined): NodeInfo {
  return election == null ? info : { ...info, election: structuredClone(election) }
}

function changes (before: NodeInfo, after: NodeInfo): string[] {
  return ([...new Set([...Object.keys(before), ...Object.keys(after)])] as Array<keyof NodeInfo>).filter(key => before[key] !== after[key] && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}
