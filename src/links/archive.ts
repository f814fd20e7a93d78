/**
 * Links in the DHT: found there when all voters of a service are out of reach. The leader keeps them, newest first and
 * in the background; readers believe what a voter has signed that the group itself told them of.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { pause } from '../util/timeouts.ts'
import { copyBytes, shareBytes } from '../wire/bytes.ts'
import { decodePlace, encodePlace } from '../wire/links-codec.ts'
import { MAX_LINK_READS, MAX_VOTERS } from '../wire/limits.ts'
import { linkKey, linkOf } from './keys.core.ts'
import type { Change } from './authority.ts'
import type { Link } from './decide.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Rank, RankTuple } from './rank.core.ts'
import type { NewRecord, RecordSource, Records } from '../records/index.ts'

/** Milliseconds for which a record is valid; it is signed anew long before. */
const TTL = 6 * 60 * 60 * 1_000
/** Services whose voters are remembered. */
const MAX_SERVICES = 1_024
/** Milliseconds for which voters that are gone count as perhaps coming back. */
const EXPECTED_FOR = 5 * 60 * 1_000
/** A link that there is no more; encoded it is nothing. */
const NOWHERE = { node: '', incarnation: 0 }
/** Who made a link matters to its leaders alone. */
const NOBODY = new Uint8Array(0)
/** Between the names of two services, and in none. */
const IN = '>'
/** Links that are taken over in one go. */
const AT_ONCE = 200

export class Archive {
  readonly #records: Records | undefined
  readonly #now: () => number
  /** Of the last link that was kept: thousands have the same. */
  #reign: Reign = { epoch: 0, term: 0 }
  #reads = 0
  readonly #voters = new Map<string, { ids: readonly string[], at: number }>()

  constructor (records: Records | undefined, now: () => number) {
    this.#records = records
    this.#now = now
  }

  get status (): { stored: number, waiting: number } {
    const { stored = 0, waiting = 0 } = this.#records?.status() ?? {}
    return { stored, waiting }
  }

  /** The group of a service tells who votes: those of earlier sets are still believed, as far as there is room. */
  learn (service: string, voters: readonly string[]): void {
    if (voters.length === 0) return
    const known = this.#voters.get(service)
    if (known !== undefined && voters.every((id, i) => known.ids[i] === id)) {
      known.at = this.#now()
      return
    }
    if (this.#voters.size >= MAX_SERVICES) this.#voters.clear()
    this.#voters.set(service, { ids: [...new Set([...voters, ...known?.ids ?? []])].slice(0, MAX_VOTERS), at: this.#now() })
  }

  /** The service has voters, or had some of late: they may come back. */
  expects (service: string): boolean {
    const known = this.#voters.get(service)
    return known !== undefined && this.#now() - known.at < EXPECTED_FOR
  }

  /** False: as many are kept as there may be; this one's leader alone knows it. */
  keep (service: string, { parent, token, link, rank, first = false }: Omit<Change, 'former'>): boolean {
    if (this.#records === undefined) return false
    if (this.#reign.epoch !== rank.epoch || this.#reign.term !== rank.term) this.#reign = { epoch: rank.epoch, term: rank.term }
    const { node, incarnation } = link ?? NOWHERE
    const value = shareBytes(encodePlace({ node, incarnation, maker: NOBODY }))
    return this.#records.keepSource(new LinkSource(linkKey(`${service}${IN}${parent}`, token), this.#reign, rank.index, value), first)
  }

  /** A leader takes over what there is, so that it is not forgotten with the leaders before. */
  async keepAll (service: string, all: Iterable<LinkName & { readonly link: Link }>, isOver: () => boolean): Promise<void> {
    if (this.#records === undefined) return
    let looked = 0
    for (const { parent, token, link } of all) {
      if (++looked % AT_ONCE === 0) await pause(0)
      if (isOver() || !this.keep(service, { parent, token, link, rank: link.rank })) return
    }
  }

  withdrawAll (): void {
    this.#records?.withdrawSources()
  }

  /** So many are looked for that no other one is, now. */
  get isBusy (): boolean {
    return this.#reads >= MAX_LINK_READS
  }

  /** Never throws. */
  async find (service: string, parent: string, token: string, signal?: AbortSignal): Promise<Link | undefined> {
    const authors = this.#voters.get(service)?.ids
    if (this.#records === undefined || authors === undefined || this.isBusy) return undefined
    this.#reads++
    try {
      const record = await this.#records.get(keyOf(service, parent, token), { authors, window: 'best', ...signal !== undefined && { signal } })
      if (record === undefined) return undefined
      const { node, incarnation } = decodePlace(record.value)
      const [epoch, term, index] = record.rank
      return node === '' ? undefined : { node, incarnation, rank: { epoch, term, index } }
    } catch {
      return undefined
    } finally {
      this.#reads--
    }
  }
}

type Reign = Omit<Rank, 'index'>

/** A link that waits to be put: of what costs memory it has only its name. */
class LinkSource implements RecordSource {
  readonly name: string
  readonly #reign: Reign
  readonly #index: number
  readonly #value: Uint8Array

  constructor (name: string, reign: Reign, index: number, value: Uint8Array) {
    this.name = name
    this.#reign = reign
    this.#index = index
    this.#value = value
  }

  get ttl (): number {
    return TTL
  }

  get rank (): RankTuple {
    return [this.#reign.epoch, this.#reign.term, this.#index]
  }

  /** Whatever its end takes the place of is over before it is, and there is no end to links that went. */
  get final (): boolean {
    return this.#value.length === 0
  }

  make (): NewRecord {
    const { parent: names, token } = linkOf(this.name) as LinkName
    const [service = '', parent = ''] = names.split(IN)
    return { key: keyOf(service, parent, token), rank: this.rank, value: this.#value, ttl: TTL, ...this.final && { final: true } }
  }
}

/** No name holds the byte between them. */
function keyOf (service: string, parent: string, token: string): Uint8Array {
  return copyBytes(sha256(utf8ToBytes(['link', parent, service, token].join('\0'))))
}
