/**
 * @packageDocumentation
 *
 * Small records in the mesh's DHT that outlive their author: signed, ranked, and gone when their time is over. They are
 * found without the node that wrote them, by anybody who knows its peer id, in the background and never on a hot path.
 *
 * The stock DHT of js-libp2p lets an old record overwrite a newer one, fails a read when one peer of twenty misbehaves,
 * keeps what expired for two days, reports success when nobody stored anything and takes as much as anybody sends. So
 * every server of the mesh keeps the highest rank of each author and key (an author has keys of its own: nobody can block
 * another's with a huge rank), within quotas, and forgets what expired; a read takes the best of the first valid answers
 * and never throws because of a peer; a put counts who stored it; and the author republishes.
 *
 * @example
 *
 * ```ts
 * import { createLibp2p } from 'libp2p'
 * import { recordRules, records } from 'braid-mesh/records'
 * import { libp2pOptions } from 'braid-mesh/transport'
 *
 * const rules = recordRules({ mesh: 'shop' })
 * const node = await createLibp2p(libp2pOptions({ mesh: 'shop', dht: rules, libp2p: { services: { records: records({ rules }) } } }))
 * const key = crypto.getRandomValues(new Uint8Array(32))
 * const { stored } = await node.services.records.put({ key, rank: [1, 1, 7], value: new TextEncoder().encode('here'), ttl: 60_000 })
 * // on another node, while the author is gone
 * const record = await other.services.records.get(key, { authors: [node.peerId.toString()] })
 * ```
 */
import type { RecordRules } from './rules.ts'
import type { DhtRules } from '../transport/index.ts'
import type { AbortOptions, ComponentLogger, PeerId, PrivateKey } from '@libp2p/interface'

/** (epoch, term, index): compared from left to right, each a whole number below 2^53. */
export type RecordRank = readonly [epoch: number, term: number, index: number]

/** A record to sign and store. */
export interface NewRecord {
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly rank: RecordRank
  /** At most 1 KiB. */
  readonly value: Uint8Array
  /** Milliseconds from its signature on for which it is valid: 1 s to 6 h. */
  readonly ttl: number
  /** Of one that is kept: it says that there is nothing any more, and is kept no longer than until it is stored. @default false */
  readonly final?: boolean
}

/** A record that is made when it is put: while it waits it takes as little memory as what it is made of. */
export interface RecordSource extends Pick<NewRecord, 'rank' | 'ttl' | 'final'> {
  /** Names the record among those that this node keeps: another one of the name takes its place. */
  readonly name: string
  /** With this rank, ttl and final, and always the same key. */
  make (): NewRecord
}

/** A record as it was found; its signature was verified. */
export interface RankedRecord {
  readonly key: Uint8Array
  /** Peer id of who signed it. */
  readonly author: string
  readonly rank: RecordRank
  readonly value: Uint8Array
  /** Milliseconds since 1970. */
  readonly validUntil: number
}

export interface GetOptions extends AbortOptions {
  /** Peer ids whose records are believed: 1 to 31. */
  authors: readonly string[]
  /** `best`: after 300 ms take what was found so far, which may be old; for what is judged again where it is used. @default 'safe' */
  window?: 'safe' | 'best' | undefined
}

/** Of the records that this node keeps stored ({@link Records.keep}). */
export interface RecordsStatus {
  /** `stored` and `waiting` together. */
  readonly kept: number
  /** Some server has taken the record, and its time is not over. */
  readonly stored: number
  /** Not stored yet, or not any more. */
  readonly waiting: number
}

export interface Records {
  /**
   * Sign a record and put it into the DHT once. Resolves with how many nodes have stored it, this one included if it is a
   * server: 0 when all of them refused it, because of a higher rank for example.
   *
   * @throws InvalidOptionsError - no peer would take it
   * @throws MeshStoppedError
   * @throws the signal's reason
   */
  put (record: NewRecord, options?: AbortOptions): Promise<{ stored: number }>
  /**
   * The record of the highest rank among the first valid answers; undefined when none of these authors has one. It ends as
   * soon as three servers, or more than a quarter of the twenty that hold a record, have answered with one of each author
   * (this node is one of three, and none of more than a quarter: old records are put to it too);
   * as many are believed that there is none of an author once one of another is found, or after 300 ms, when those that
   * failed are left out; after 3 s in any case. A peer that lies, stalls or is gone never makes it throw.
   *
   * @throws InvalidOptionsError - a key that is not of 32 bytes; no authors, or more than 31
   * @throws MeshStoppedError
   * @throws the signal's reason
   */
  get (key: Uint8Array, options: GetOptions): Promise<RankedRecord | undefined>
  /**
   * Keep a record stored: it is put in the background, newest first, at most 20 puts a second (8 in a mesh of twenty servers
   * or more, 4 where this node does not know most of them), and signed and put anew after each third of its ttl, or after 10 minutes when there is nothing else to put,
   * until {@link withdraw} or a record of a higher rank for the key. False, and nothing changes: 20,000 are kept already, or
   * one of a higher rank is.
   *
   * @throws InvalidOptionsError - no peer would take it
   */
  keep (record: NewRecord): boolean
  /**
   * {@link keep} one that is made only when it is put, until {@link withdrawSources}. What cannot be made then is kept no
   * longer, nor, when there is no room for another one, the one that was stored first.
   *
   * @param isFirst - nobody has put one of this name before: when it ends (`final`) before it was put itself, nothing is
   */
  keepSource (source: RecordSource, isFirst?: boolean): boolean
  /** Stop to republish a record; it is found until its time is over. Does nothing when none is kept. */
  withdraw (key: Uint8Array): void
  /** {@link withdraw} whatever is kept. */
  withdrawAll (): void
  /** {@link withdraw} what {@link keepSource} keeps, but for what is `final`: that goes once it is stored. */
  withdrawSources (): void
  status (): RecordsStatus
  /** Counters of this node: puts and gets, and, as a server, records stored, refused and why, expired and pushed out. */
  stats (): Readonly<Record<string, number>>
}

export interface RecordsInit {
  /** The same that the DHT was given. */
  rules: RecordRules
  /** What the DHT was given, when it loads the rules. @default `rules` */
  given?: Pick<DhtRules, 'validate'>
  /** Key of the DHT service beside this one. @default 'dht' */
  dht?: string
}

/** What {@link records} needs of libp2p, beside the DHT. */
export interface RecordsComponents {
  peerId: PeerId
  privateKey: PrivateKey
  logger: ComponentLogger
}

export { recordRules } from './rules.ts'
export type { RecordRules, RecordRulesInit } from './rules.ts'
export { records } from './records.ts'
