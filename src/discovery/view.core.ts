/** The view: which records are current. Higher (incarnation, seq) wins; `left` is final in its incarnation. Pure. */
import { MAX_NODES, MAX_TOMBSTONES } from '../wire/limits.ts'
import type { NodeInfo } from './index.ts'

/** A record whose signature was verified, with the bytes it travels as. */
export interface VerifiedRecord {
  info: NodeInfo
  /** The encoded SignedRecord, forwarded as it came. */
  signed: Uint8Array
}

export type ViewInput =
  | { type: 'record', record: VerifiedRecord, now: number }
  /** This node's own opinion, from the failure detector. */
  | { type: 'opinion', id: string, opinion: 'alive' | 'suspect' | 'down', now: number }

export type ViewOutput =
  | { type: 'node:add' | 'node:update' | 'node:remove', node: NodeInfo }
  | { type: 'service:add' | 'service:remove', service: string }

export interface Known { id: string, incarnation: number, seq: number }

/** What is remembered of a node that was removed, so that old records do not bring it back. */
export interface Tombstone extends Known {
  /** It said `left` itself: only a newer incarnation comes back. Otherwise a higher seq is enough. */
  readonly left: boolean
}

export interface ViewInit {
  /** This node's id. It is never given up, whatever the opinion. */
  self: string
  /** @default MAX_NODES */
  maxNodes?: number
  /** @default MAX_TOMBSTONES */
  maxTombstones?: number
  /** Milliseconds a removal is remembered. @default 1 h */
  tombstoneTtl?: number
}

export interface View {
  /** Events come out in the order in which they are to be dispatched; the view has changed already. */
  step (input: ViewInput): ViewOutput[]
  /** State is `suspect` when that is this node's opinion and the record says `up`. */
  get (id: string): NodeInfo | undefined
  /** The bytes of the current record; after a removal those of the last one, while its tombstone is kept. */
  signed (id: string): Uint8Array | undefined
  /** Sorted by id. The same array until one of its nodes changes. */
  nodes (service?: string): readonly NodeInfo[]
  /** Sorted names of the services that have a node. */
  services (): string[]
  digest (): Known[]
  /** Whether such a record would be news: ask before its signature is verified. `left`: the record's state. */
  wants (id: string, incarnation: number, seq: number, left?: boolean): boolean
  /**
   * `send`: what the other lacks or has older, with the last records of nodes that left, and of a node's former life
   * that has a higher incarnation than the node now claims (it lost its disk: its old record tells it to go above).
   * `fetch`: what the other has newer. Both sorted.
   */
  compare (digest: readonly Known[]): { send: string[], fetch: string[] }
  /**
   * A removal that is still remembered. A peer that is in here with `left: false` and yet talks to us must be told
   * (a Suspicion frame with these numbers): it answers with a record of a higher seq, which brings it back.
   */
  tombstone (id: string): Tombstone | undefined
  /**
   * The removal of a node that others still have, when it is time to say so to them. A node that comes back so and cannot be
   * reached is removed again: at once the first time, after 30 s the second, then 90 s, 210 s and so on. Staying for ten
   * minutes makes up for all.
   */
  disputed (id: string, now: number): Tombstone | undefined
  /** Removals of nodes that did not say `left` are forgotten: it was this node that was away. */
  pardon (): void
  /** Counters: nodes, tombstones, refused (view full), stale (old or repeated records). */
  stats (): Readonly<Record<string, number>>
}

interface Entry {
  record: VerifiedRecord
  suspect: boolean
  /** What the outside sees: the record's info, or a copy of it in state `suspect`. */
  info: NodeInfo
  /** When it came, and how often it was removed before. */
  readonly since: number
  readonly falls: number
}

interface Grave extends Tombstone {
  readonly at: number
  readonly signed: Uint8Array | undefined
  /** How often it was removed, without having stayed for long. */
  readonly falls: number
}

/** Older records of a node that is gone this long do not travel any more. */
const TOMBSTONE_TTL = 3_600_000
/** Half of the milliseconds before a node that was given up twice is disputed, more than doubled each time, and those that a node must stay to begin anew. */
const DISPUTE_AFTER = 15_000
const LONG = 600_000
/** Last records beyond this size are not kept: ten thousand of them must not fill the memory. */
const MAX_KEPT_RECORD = 2_048

export function createView (init: ViewInit): View {
  return new NodeView(init)
}

class NodeView implements View {
  readonly #self: string
  readonly #maxNodes: number
  readonly #maxTombstones: number
  readonly #ttl: number
  readonly #entries = new Map<string, Entry>()
  /** In order of removal, so the first is the oldest. */
  readonly #graves = new Map<string, Grave>()
  /** Nodes per service, counted so that service events need no scan. */
  readonly #counts = new Map<string, number>()
  readonly #lists = new Map<string | undefined, readonly NodeInfo[]>()
  #refused = 0
  #stale = 0

  constructor (init: ViewInit) {
    this.#self = init.self
    this.#maxNodes = init.maxNodes ?? MAX_NODES
    this.#maxTombstones = init.maxTombstones ?? MAX_TOMBSTONES
    this.#ttl = init.tombstoneTtl ?? TOMBSTONE_TTL
  }

  step (input: ViewInput): ViewOutput[] {
    this.#expire(input.now)
    return input.type === 'record' ? this.#record(input.record, input.now) : this.#opinion(input.id, input.opinion, input.now)
  }

  get (id: string): NodeInfo | undefined {
    return this.#entries.get(id)?.info
  }

  signed (id: string): Uint8Array | undefined {
    return this.#entries.get(id)?.record.signed ?? this.#graves.get(id)?.signed
  }

  nodes (service?: string): readonly NodeInfo[] {
    let list = this.#lists.get(service)
    if (list === undefined) {
      list = [...this.#entries.values()].map(entry => entry.info)
        .filter(info => service === undefined || info.service === service)
        .sort((a, b) => a.id < b.id ? -1 : 1)
      // names that nobody serves are not remembered: a caller may ask for any name
      if (service === undefined || list.length > 0) this.#lists.set(service, list)
      else return NOBODY
    }
    return list
  }

  services (): string[] {
    return [...this.#counts.keys()].sort()
  }

  digest (): Known[] {
    return this.nodes().map(({ id, incarnation, seq }) => ({ id, incarnation, seq }))
  }

  wants (id: string, incarnation: number, seq: number, left = false): boolean {
    const offered = { incarnation, seq, left }
    const entry = this.#entries.get(id)
    if (entry !== undefined) return isNewer(offered, { ...numbers(entry.record.info), left: false })
    const grave = this.#graves.get(id)
    if (grave !== undefined) return isNewer(offered, grave)
    return left || id === this.#self || this.#entries.size < this.#maxNodes
  }

  compare (digest: readonly Known[]): { send: string[], fetch: string[] } {
    const theirs = new Map(digest.map(known => [known.id, known]))
    const send: string[] = []
    for (const [id, { record }] of this.#entries) {
      const known = theirs.get(id)
      if (known === undefined || isNewer({ ...numbers(record.info), left: false }, { ...known, left: false })) send.push(id)
    }
    const fetch: string[] = []
    for (const known of theirs.values()) {
      const grave = this.#graves.get(known.id)
      if (grave?.signed !== undefined && isNewer(grave, { ...known, left: false })) send.push(known.id)
      else if (this.wants(known.id, known.incarnation, known.seq)) fetch.push(known.id)
    }
    return { send: send.sort(), fetch: fetch.sort() }
  }

  tombstone (id: string): Tombstone | undefined {
    const grave = this.#graves.get(id)
    return grave === undefined ? undefined : { id, incarnation: grave.incarnation, seq: grave.seq, left: grave.left }
  }

  disputed (id: string, now: number): Tombstone | undefined {
    const grave = this.#graves.get(id)
    if (grave === undefined || grave.left || now < grave.at + DISPUTE_AFTER * (2 ** grave.falls - 2)) return undefined
    return this.tombstone(id)
  }

  pardon (): void {
    for (const [id, { left }] of this.#graves) if (!left) this.#graves.delete(id)
  }

  stats (): Readonly<Record<string, number>> {
    return { nodes: this.#entries.size, tombstones: this.#graves.size, refused: this.#refused, stale: this.#stale }
  }

  #record (record: VerifiedRecord, now: number): ViewOutput[] {
    const { id, incarnation, seq, state } = record.info
    const left = state === 'left'
    if (!this.wants(id, incarnation, seq, left)) {
      if (this.#entries.has(id) || this.#graves.has(id)) this.#stale++
      else this.#refused++
      return []
    }
    if (left) return this.#remove({ id, incarnation, seq, left, at: now, signed: keepable(record.signed), falls: 0 }, record.info)
    const before = this.#entries.get(id)
    const falls = (before ?? this.#graves.get(id))?.falls ?? 0
    this.#graves.delete(id)
    // a newer record is a sign of life, so the suspicion ends with it
    const entry = { record, suspect: false, info: record.info, since: before?.since ?? now, falls }
    this.#entries.set(id, entry)
    return this.#changed(before?.info, entry.info)
  }

  #opinion (id: string, opinion: 'alive' | 'suspect' | 'down', now: number): ViewOutput[] {
    const entry = this.#entries.get(id)
    if (entry === undefined || id === this.#self) return []
    if (opinion === 'down') {
      const falls = now < entry.since + LONG ? entry.falls + 1 : 1
      return this.#remove({ ...numbers(entry.record.info), id, left: false, at: now, signed: keepable(entry.record.signed), falls }, entry.info)
    }
    const suspect = opinion === 'suspect'
    if (entry.suspect === suspect) return []
    const before = entry.info
    entry.suspect = suspect
    entry.info = suspect && entry.record.info.state === 'up' ? { ...entry.record.info, state: 'suspect' } : entry.record.info
    return this.#changed(before, entry.info)
  }

  #remove (grave: Grave, last: NodeInfo): ViewOutput[] {
    const entry = this.#entries.get(grave.id)
    this.#entries.delete(grave.id)
    this.#graves.delete(grave.id)
    this.#graves.set(grave.id, grave)
    for (const oldest of this.#graves.keys()) {
      if (this.#graves.size <= this.#maxTombstones) break
      this.#graves.delete(oldest)
    }
    return entry === undefined ? [] : this.#changed(entry.info, undefined, last)
  }

  #changed (before: NodeInfo | undefined, after: NodeInfo | undefined, last = after ?? before): ViewOutput[] {
    if (last === undefined || before === after) return []
    this.#lists.delete(undefined)
    if (before?.service !== undefined) this.#lists.delete(before.service)
    if (after?.service !== undefined) this.#lists.delete(after.service)
    const outputs: ViewOutput[] = []
    if (before === undefined) outputs.push({ type: 'node:add', node: last })
    else if (after === undefined) outputs.push({ type: 'node:remove', node: last })
    else if (!looksSame(before, after)) outputs.push({ type: 'node:update', node: last })
    if (before?.service !== after?.service) {
      if (before?.service !== undefined && this.#count(before.service, -1) === 0) outputs.push({ type: 'service:remove', service: before.service })
      if (after?.service !== undefined && this.#count(after.service, 1) === 1) outputs.push({ type: 'service:add', service: after.service })
    }
    return outputs
  }

  #count (service: string, change: number): number {
    const count = (this.#counts.get(service) ?? 0) + change
    if (count === 0) this.#counts.delete(service)
    else this.#counts.set(service, count)
    return count
  }

  #expire (now: number): void {
    for (const [id, grave] of this.#graves) {
      if (now - grave.at < this.#ttl) break
      this.#graves.delete(id)
    }
  }
}

const NOBODY: readonly NodeInfo[] = []

function numbers ({ incarnation, seq }: NodeInfo): { incarnation: number, seq: number } {
  return { incarnation, seq }
}

/** `left` outranks every seq of its incarnation: a node that left says nothing more, so what else comes is late. */
function isNewer (a: Omit<Tombstone, 'id'>, b: Omit<Tombstone, 'id'>): boolean {
  if (a.incarnation !== b.incarnation) return a.incarnation > b.incarnation
  if (a.left !== b.left) return a.left
  return a.seq > b.seq
}

function keepable (signed: Uint8Array): Uint8Array | undefined {
  return signed.byteLength <= MAX_KEPT_RECORD ? signed : undefined
}

/** Whether two versions differ in their seq at most, which is no news for anybody. */
function looksSame (a: NodeInfo, b: NodeInfo): boolean {
  return JSON.stringify({ ...a, seq: 0 }) === JSON.stringify({ ...b, seq: 0 })
}
