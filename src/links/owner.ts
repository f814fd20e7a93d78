/** The called node's side: which calls of tokens run here. */
import { equals } from 'uint8arrays/equals'
import { RpcError } from '../errors.ts'
import { decodeClaim } from '../wire/links-codec.ts'
import { MAX_HELD_LINKS, MAX_LINK_CHECKS, MAX_LINK_CHECKS_PER_PEER } from '../wire/limits.ts'
import { tokenToHex } from '../wire/token.ts'
import { Held, Holdings } from './held.core.ts'
import { Quota } from './quota.core.ts'
import { NO_RANK, toTuple } from './rank.core.ts'
import type { Told } from './messages.core.ts'
import type { Link } from './decide.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Rank } from './rank.core.ts'
import type { GroupView } from '../election/index.ts'
import type { Claim } from '../wire/links-codec.ts'
import type { Admission, HandlerContext, TokenGuard } from '../rpc/index.ts'

/** Calls whose link was checked and whose next one is told at a glance. */
const MAX_GLANCES = 50_000
/** Bytes of a token id that choose the place for a glance. */
const GLANCE = 4

/** The last call of a token, as bytes. */
interface Glance {
  readonly token: Uint8Array
  readonly claim: Uint8Array
  readonly held: Held
}

/** Nobody who decides has answered. */
const UNANSWERED = Symbol('unanswered')
type Outcome = Admission | typeof UNANSWERED

/** A question under way. */
interface Asking {
  outcome: Promise<Outcome>
  /** Something was heard meanwhile: the answer may be old. */
  isVoid: boolean
}

export interface OwnerInit {
  self: () => { readonly id: string, readonly incarnation: number }
  /** Where the token is, by whoever decides; undefined: nowhere. `links`: then it is to be here. Rejects when nobody answers. */
  ask: (parent: string, token: string, links: boolean) => Promise<Link | undefined>
  /** Whose tokens a caller's are; undefined: it is not known yet. */
  parentOf: (caller: string) => string | undefined
  /** What this node knows of who decides. */
  group: () => Pick<GroupView, 'voters' | 'leader'> | undefined
  /** May this node run what it holds? */
  mayRun: () => boolean
  /**
   * It may run what it knows nothing of when nobody answers. Otherwise it believes what it has asked for only: word that
   * was on its way for long may be of a link that another node has by now.
   */
  open: boolean
}

export class Owner implements TokenGuard {
  /** Links of this node, by the last word of its leader. */
  count = 0
  /** What a node has signed of itself. */
  recordOf: (node: string) => Uint8Array | undefined = () => undefined
  readonly holdings = new Holdings(MAX_HELD_LINKS, () => { this.#glances.clear() })
  readonly #init: OwnerInit
  readonly #glances = new Map<number, Glance>()
  readonly #quota = new Quota(MAX_LINK_CHECKS_PER_PEER, MAX_LINK_CHECKS)
  readonly #asking = new Map<string, Asking>()
  #life: number
  /** Its service has or had voters. */
  #hadVoters = false

  constructor (init: OwnerInit) {
    this.#init = init
    this.#life = init.self().incarnation
  }

  admit (token: Uint8Array, claim: Uint8Array | undefined, caller: string): Admission | Promise<Admission> {
    const { incarnation } = this.#init.self()
    if (incarnation !== this.#life) this.#begin(incarnation)
    if (claim === undefined) return this.#init.open ? undefined : this.#lookForUnclaimed(token, caller)
    const glance = this.#glances.get(placeOf(token))
    if (glance !== undefined && equals(glance.claim, claim) && equals(glance.token, token)) {
      glance.held.used = true
      return this.#init.mayRun() ? glance.held : away()
    }
    return this.#look(token, claim, caller)
  }

  /** What is known of who decides, if anybody does. Also now and then: voters that were seen once are not forgotten with their nodes. */
  look (): Pick<GroupView, 'leader'> | undefined {
    const view = this.#init.group()
    if (view === undefined || view.voters.length === 0) return undefined
    this.#hadVoters = true
    return view
  }

  /** Nobody decides: it runs what comes, unless somebody may do so out of its sight. */
  #unjudged (): Admission {
    return this.#hadVoters && !this.#init.open ? away() : undefined
  }

  holds (link: NonNullable<HandlerContext['link']>): boolean {
    if (!this.#init.mayRun()) return false
    // an open node may have forgotten it, or have run it without anybody's word
    const known = link instanceof Held ? this.holdings.get(link.parent, link.token) : undefined
    return known === undefined ? this.#init.open : known.mine
  }

  /** A new life holds nothing of the last one. */
  #begin (incarnation: number): void {
    this.#life = incarnation
    this.#glances.clear()
    this.holdings.clear()
  }

  #look (token: Uint8Array, bytes: Uint8Array, caller: string): Admission | Promise<Admission> {
    let claim: Claim
    try {
      claim = decodeClaim(bytes)
    } catch (err) {
      return new RpcError('INVALID_ARGUMENT', `the link of its token cannot be read: ${(err as Error).message}`)
    }
    const id = tokenToHex(token)
    const held = this.holdings.get(claim.parent, id)
    if (claim.provisional && held === undefined) return this.#lookForGuessed(claim, id, caller)
    const verdict = this.holdings.judge(held, claim)
    if (verdict === 'ask' || held === undefined) return this.#ask(claim, id, caller)
    if (verdict === 'moved') return this.#notOwner(held)
    held.used = true
    if (this.#glances.size >= MAX_GLANCES) this.#glances.clear()
    this.#glances.set(placeOf(token), { token, claim: bytes, held })
    return this.#init.mayRun() ? held : away()
  }

  /** A caller that could ask nobody has chosen this node, which may be able to. */
  #lookForGuessed (claim: Claim, token: string, caller: string): Admission | Promise<Admission> {
    const { open } = this.#init
    const view = this.look()
    if (view === undefined) return this.#unjudged()
    if (open && view.leader === undefined) return undefined
    const admission = this.#ask(claim, token, caller)
    // it is linked to nobody: here as well as anywhere
    return open ? admission.then(admission => isLinkless(admission) ? undefined : admission) : admission
  }

  /** Its caller knows of no links, so nobody else would link the token. */
  #lookForUnclaimed (bytes: Uint8Array, caller: string): Admission | Promise<Admission> {
    const { parentOf, mayRun } = this.#init
    if (this.look() === undefined) return this.#unjudged()
    const parent = parentOf(caller)
    if (parent === undefined) return new RpcError('UNAVAILABLE', 'the service of its caller is not known here yet', { retryable: true })
    const token = tokenToHex(bytes)
    const held = this.holdings.get(parent, token)
    // it has no rank by which older knowledge would be known for old
    if (held?.mine !== true) return this.#ask({ parent, ...NO_RANK, provisional: true }, token, caller, true)
    held.used = true
    return mayRun() ? held : away()
  }

  async #ask (claim: Claim, token: string, caller: string, links = false): Promise<Admission> {
    const outcome = await this.#judge(claim.parent, token, caller, links)
    return outcome === UNANSWERED ? this.#unanswered(claim, token) : outcome
  }

  /** Of all who claim something of the same token at the same time, by one question. */
  #judge (parent: string, token: string, caller: string, links: boolean): Promise<Outcome> {
    const key = `${parent}/${token}`
    const asking = this.#asking.get(key)
    if (asking !== undefined && !asking.isVoid) return asking.outcome
    if (!this.#quota.take(caller, 1)) return Promise.resolve(new RpcError('RESOURCE_EXHAUSTED', 'the links of too many tokens are being checked here', { retryable: true }))
    const mine: Asking = { isVoid: false, outcome: Promise.resolve(undefined) }
    mine.outcome = this.#find(parent, token, caller, links, mine).finally(() => {
      this.#quota.free(caller, 1)
      if (this.#asking.get(key) === mine) this.#asking.delete(key)
    })
    this.#asking.set(key, mine)
    return mine.outcome
  }

  async #find (parent: string, token: string, caller: string, links: boolean, asking: Asking): Promise<Outcome> {
    const { ask, mayRun } = this.#init
    let link: Link | undefined
    try {
      link = await ask(parent, token, links)
      // the answer may be older than what was heard since
      if (asking.isVoid) return await this.#judge(parent, token, caller, links)
    } catch {
      return UNANSWERED
    }
    if (link === undefined) return this.#notOwner(undefined)
    const held = this.learn(parent, token, link)
    if (!held.mine) return this.#notOwner(held)
    return mayRun() ? held : away()
  }

  #unanswered ({ parent, epoch, term, index }: Claim, token: string): Admission {
    if (!this.#init.open) return away()
    // on this side of a split network it may be so: the rank tells
    const { id, incarnation } = this.#init.self()
    const known = this.holdings.get(parent, token)
    return known?.mine === false ? this.#notOwner(known) : new Held(parent, token, { node: id, incarnation, rank: { epoch, term, index } }, true)
  }

  learn (parent: string, token: string, link: Link): Held {
    const { id, incarnation } = this.#init.self()
    const before = this.holdings.get(parent, token)
    const held = this.holdings.learn(parent, token, link, link.node === id && link.incarnation === incarnation)
    if (held !== before) this.#glances.delete(placeOfHex(token))
    return held
  }

  /** This node does not run it, and the caller is to go on to who does, whom it may not know, or to ask again. */
  #notOwner (held: Held | undefined): RpcError {
    const owner = held?.place.node ?? ''
    const record = this.recordOf(owner)
    const details = held === undefined || owner === '' ? undefined : { owner, rank: toTuple(held.level), ...record !== undefined && { record } }
    return new RpcError('FAILED_PRECONDITION', 'the token is not linked to this node', { retryable: true, details })
  }

  /** Let a token go. */
  revoke ({ parent, token }: LinkName, rank: Rank): void {
    const asking = this.#asking.get(`${parent}/${token}`)
    if (asking !== undefined) asking.isVoid = true
    this.#glances.delete(placeOfHex(token))
    this.holdings.revoke(parent, token, rank)
  }

  /** Whatever this node holds may be another's. */
  forget (): void {
    for (const asking of this.#asking.values()) asking.isVoid = true
    this.#glances.clear()
    this.holdings.clear()
  }

  /** Word of a leader. Returns whether it was news. */
  told ({ parent, token, rank, link }: Told): boolean {
    if (!this.#init.open && link?.node === this.#init.self().id) return false
    const before = this.holdings.get(parent, token)
    if (link !== undefined) return this.learn(parent, token, link) !== before
    this.#glances.delete(placeOfHex(token))
    return this.holdings.drop(parent, token, rank) !== undefined
  }
}

function isLinkless (admission: Admission): boolean {
  return admission instanceof RpcError && admission.code === 'FAILED_PRECONDITION' && admission.details === undefined
}

function away (): RpcError {
  return new RpcError('UNAVAILABLE', 'this node has not heard of its leader for too long to run calls of tokens', { retryable: true })
}

function placeOf (token: Uint8Array): number {
  return (token[0] as number) | (token[1] as number) << 8 | (token[2] as number) << 16 | (token[3] as number) << 24
}

function placeOfHex (token: string): number {
  let place = 0
  for (let i = 0; i < GLANCE; i++) place |= parseInt(token.slice(2 * i, 2 * i + 2), 16) << (8 * i)
  return place
}
