/**
 * Links in the DHT: found there when all voters of a service are out of reach. The leader keeps them, newest first and
 * in the background; readers believe what a voter has signed that the group itself told them of.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { copyBytes, shareBytes } from '../wire/bytes.ts'
import { decodePlace, encodePlace } from '../wire/links-codec.ts'
import { MAX_STORED_LINKS, MAX_VOTERS } from '../wire/limits.ts'
import { toTuple } from './rank.core.ts'
import type { Change } from './authority.ts'
import type { Link } from './decide.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Records } from '../records/index.ts'

/** Milliseconds for which a record is valid; it is signed anew long before. */
const TTL = 6 * 60 * 60 * 1_000
/** Services whose voters are remembered. */
const MAX_SERVICES = 1_024
/** Milliseconds for which voters that are gone count as perhaps coming back. */
const EXPECTED_FOR = 5 * 60 * 1_000
/** Links that are taken over in one go. */
const AT_ONCE = 200

export class Archive {
  readonly #records: Records | undefined
  readonly #now: () => number
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

  keep (service: string, { parent, token, link, former, rank }: Omit<Change, 'former'> & Partial<Pick<Change, 'former'>>): void {
    // what is not stored yet has no room; what is stored must not stay as it was
    const isNew = link !== undefined && former === undefined
    if (this.#records === undefined || (isNew && this.#records.status().kept >= MAX_STORED_LINKS)) return
    this.#records.keep({
      key: keyOf(service, parent, token),
      rank: toTuple(rank),
      value: shareBytes(link === undefined ? encodePlace({ node: '', incarnation: 0 }) : encodePlace(link)),
      ttl: TTL,
      // whatever it takes the place of is over before it is, and there is no end to links that went
      ...link === undefined && { final: true }
    })
  }

  /** A leader takes over what there is, so that it is not forgotten with the leaders before. */
  async keepAll (service: string, all: Iterable<LinkName & { readonly link: Link }>, isOver: () => boolean): Promise<void> {
    if (this.#records === undefined) return
    let looked = 0
    for (const { parent, token, link } of all) {
      if (++looked % AT_ONCE === 0) await new Promise(resolve => { setTimeout(resolve, 0) })
      if (isOver() || looked > MAX_STORED_LINKS) return
      this.keep(service, { parent, token, link, rank: link.rank })
    }
  }

  withdrawAll (): void {
    this.#records?.withdrawAll()
  }

  /** Never throws. */
  async find (service: string, parent: string, token: string, signal?: AbortSignal): Promise<Link | undefined> {
    const authors = this.#voters.get(service)?.ids
    if (this.#records === undefined || authors === undefined) return undefined
    try {
      const record = await this.#records.get(keyOf(service, parent, token), { authors, ...signal !== undefined && { signal } })
      if (record === undefined) return undefined
      const { node, incarnation } = decodePlace(record.value)
      const [epoch, term, index] = record.rank
      return node === '' ? undefined : { node, incarnation, rank: { epoch, term, index } }
    } catch {
      return undefined
    }
  }
}

/** No name holds the byte between them. */
function keyOf (service: string, parent: string, token: string): Uint8Array {
  return copyBytes(sha256(utf8ToBytes(['link', parent, service, token].join('\0'))))
}
