/** Tells the application of links that change, each change once. */
import { compareRanks, rankText } from './rank.core.ts'
import type { LinkEvents } from './index.ts'
import type { Change } from './authority.ts'
import type { Link } from './decide.core.ts'
import type { Rank } from './rank.core.ts'
import type { TokenId } from '../rpc/index.ts'

/** Links whose last change is remembered, so that it is told once by a node that decides it, holds it and uses it. */
const MAX_TOLD = 10_000

export interface Emitter {
  safeDispatchEvent<Detail> (type: keyof LinkEvents, detail: CustomEventInit<Detail>): boolean
  listenerCount (type: keyof LinkEvents): number
}

interface Told { readonly rank: Rank, readonly removed: boolean }

export class Announcer {
  readonly #emitter: Emitter
  readonly #told = new Map<string, Told>()

  constructor (emitter: Emitter) {
    this.#emitter = emitter
  }

  /** By who decides, or on its word. `decided`: by this node. */
  changed (service: string, { parent, token, link, former, rank }: Change, decided: boolean): void {
    if (!this.#isHeard || (link === undefined && former === undefined)) return
    const key = `${service}/${parent}/${token}`
    const last = this.#told.get(key)
    const change = { rank, removed: link === undefined }
    if (last !== undefined && isTold(last, change)) return
    if (this.#told.size >= MAX_TOLD) this.#told.clear()
    this.#told.set(key, change)
    const type = link === undefined ? 'link:remove' : former === undefined ? 'link:add' : 'link:move'
    const node = (link ?? former)?.node
    this.#emitter.safeDispatchEvent(type, {
      detail: { token, parent, service, node, rank: rankText(rank), decided, ...type === 'link:move' && { former: former?.node } }
    })
    if (link === undefined) this.#emitter.safeDispatchEvent('braid.topic.linkcache.unlink', { detail: token })
  }

  /** By a caller that asked. */
  learnt (service: string, parent: string, token: TokenId, link: Link | undefined, before: Link | undefined): void {
    const rank = link?.rank ?? before?.rank
    // it was asked for again, and is what it was
    if (link !== undefined && before !== undefined && compareRanks(link.rank, before.rank) === 0) return
    if (rank !== undefined) this.changed(service, { parent, token, link, former: before, rank }, false)
  }

  counted (node: string, links: number): void {
    this.#emitter.safeDispatchEvent('braid.topic.linkcache.service_link_number', { detail: { ID: node, Num: links } })
  }

  get #isHeard (): boolean {
    return (['link:add', 'link:move', 'link:remove', 'braid.topic.linkcache.unlink'] as const).some(type => this.#emitter.listenerCount(type) > 0)
  }
}

/** Who asked knows that a link was removed, and only the rank of the link, which was told when it came. */
function isTold (last: Told, { rank, removed }: Told): boolean {
  const order = compareRanks(last.rank, rank)
  return removed ? last.removed || order > 0 : order >= 0
}
