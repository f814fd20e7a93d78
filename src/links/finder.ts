/** The calling side: where does a token's next call go? */
import { rendezvousPick, rendezvousRank } from '../balancing/index.ts'
import { unsuspected } from '../balancing/unsuspected.core.ts'
import { RpcError } from '../errors.ts'
import { encodeClaim } from '../wire/links-codec.ts'
import { MAX_CACHED_LINKS } from '../wire/limits.ts'
import { Cache } from './cache.core.ts'
import { questionOf } from './decide.core.ts'
import { isId, record } from './messages.core.ts'
import { compareRanks, NO_RANK, toRank } from './rank.core.ts'
import type { Answer } from './messages.core.ts'
import type { Archive } from './archive.ts'
import type { Asker } from './asker.ts'
import type { LocalKeeper } from './local.ts'
import type { Known } from './cache.core.ts'
import type { Link, Question } from './decide.core.ts'
import type { ResolvedLinksOptions } from './options.ts'
import type { Rank } from './rank.core.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { Election, FencingToken } from '../election/index.ts'
import type { Routed, TokenId, TokenRouter } from '../rpc/index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Milliseconds that a call's question waits for a leader before the DHT is looked at; the call goes on asking. */
const PATIENCE = 1_000
/** Nodes that are proposed for a new link. */
const PROPOSALS = 4
/** Milliseconds for which a token that the DHT knows nothing of is not looked for again. */
const NOTHING_FOR = 2_000
/** Milliseconds for which a leader is known before what is above it counts as taken back: news of a later one comes sooner. */
const STEADY = 60_000
/** Services whose leader is remembered. */
const MAX_SERVICES = 1_024
/** Tokens whose provisional node is remembered, to be proposed once somebody decides. */
const MAX_PROVISIONAL = 10_000

/** Why there is no new link, and will be none soon. */
const FULL: Readonly<Record<string, string | undefined>> = {
  full: 'there are as many as its voters hold',
  quota: 'this node has made as many as one may while others need the room'
}

export interface FinderInit {
  options: ResolvedLinksOptions
  parent: string
  discovery: Pick<Discovery, 'node' | 'nodes'>
  of: Election['of']
  asker: Asker
  archive: Archive
  /** Mode `local`: it decides, at once. */
  local: Pick<LocalKeeper, 'ask' | 'use'> | undefined
  onLink: (service: string, token: TokenId, link: Link | undefined, before: Link | undefined) => void
  now: () => number
}

export class Finder implements TokenRouter {
  readonly binding = true
  /** Whose tokens this node's calls have. */
  readonly parent: string
  /** Calls whose node was known. */
  hits = 0
  readonly cache: Cache
  readonly #init: FinderInit
  readonly #claims: Uint8Array
  readonly #flights = new Map<string, Promise<Known | undefined>>()
  readonly #provisional = new Map<string, string>()
  readonly #nothing = new Map<string, number>()
  /** Who decides for a service, and since when this node believes so. */
  readonly #reigns = new Map<string, { readonly token: FencingToken, readonly since: number }>()

  constructor (init: FinderInit) {
    this.#init = init
    this.parent = init.parent
    this.#claims = encodeClaim({ parent: init.parent, ...NO_RANK, provisional: true })
    this.cache = new Cache(rank => this.#claim(rank), MAX_CACHED_LINKS)
  }

  // ---- of calls

  route (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined, propose?: () => string | undefined): Routed | undefined | Promise<Routed | undefined> {
    const known = this.known(service, token)
    if (known !== undefined && exclude?.has(known.id) !== true) {
      this.hits++
      return known
    }
    if (this.#init.local !== undefined) return this.#findLocal(token, service, candidates, exclude, propose)
    if (candidates.length === 0) return undefined
    if (this.#isUndecided(service)) return this.#guess(token, service, candidates, exclude)
    return this.#find(token, service, candidates, exclude, propose)
  }

  moved (token: TokenId, service: string, node: string, details: unknown): Routed | undefined {
    this.cache.doubt(service, token)
    if (typeof details !== 'object' || details === null) return undefined
    const { owner, rank } = record(details)
    const claimed = toRank(rank)
    if (!isId(owner) || owner === node || claimed === undefined || this.#init.discovery.node(owner)?.service !== service) return undefined
    // a word of anybody: good for this call, which the other node judges again; who decides is asked before the next one
    return { id: owner, link: this.#claim(claimed) }
  }

  claim (token: TokenId, service: string, node: string): Uint8Array | undefined {
    if (this.#init.local !== undefined) return undefined
    const known = this.known(service, token)
    return known?.node === node ? known.link : this.#claims
  }

  /** What may be used without asking. */
  known (service: string, token: TokenId): Known | undefined {
    const known = this.cache.get(service, token)
    const { local, parent } = this.#init
    if (local !== undefined) {
      const link = local.use(service, parent, token)
      if (link === undefined) return undefined
      return known?.rank.index === link.rank.index ? known : this.cache.learn(service, token, link)
    }
    return known !== undefined && this.#lives(known) ? known : undefined
  }

  #lives ({ node, incarnation }: Known): boolean {
    const info = this.#init.discovery.node(node)
    return info !== undefined && info.incarnation <= incarnation && info.state !== 'left'
  }

  #claim ({ epoch, term, index }: Rank): Uint8Array | undefined {
    return this.#init.local !== undefined ? undefined : encodeClaim({ parent: this.#init.parent, epoch, term, index, provisional: false })
  }

  #findLocal (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined, propose: (() => string | undefined) | undefined): Routed | undefined {
    const answer = this.#init.local?.ask(service, this.#question(token, service, candidates, exclude, propose))
    const known = answer === undefined ? undefined : this.settle(service, token, answer)
    return known === undefined || exclude?.has(known.id) === true ? undefined : known
  }

  /** Nobody can decide, now or ever: weighted rendezvous, which all callers agree upon while they see the same nodes. */
  #guess (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined): Routed | undefined {
    const node = rendezvousPick(token, candidates.map(unsuspected), exclude)
    if (node === undefined) return undefined
    if (this.#provisional.size >= MAX_PROVISIONAL) this.#provisional.clear()
    this.#provisional.set(`${service}/${token}`, node.id)
    return { id: node.id, link: this.#claims }
  }

  async #find (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined, propose: (() => string | undefined) | undefined): Promise<Routed | undefined> {
    const key = `${service}/${token}`
    let flight = this.#flights.get(key)
    if (flight === undefined) {
      flight = this.#ask(service, token, this.#question(token, service, candidates, exclude, propose)).finally(() => { this.#flights.delete(key) })
      this.#flights.set(key, flight)
    }
    try {
      const known = await flight
      return known === undefined || exclude?.has(known.id) === true ? undefined : known
    } catch (err) {
      if (!this.#guesses(service, err)) throw goneFor(service, err)
      return this.#guess(token, service, candidates, exclude)
    }
  }

  async #ask (service: string, token: TokenId, question: Question, options: AbortOptions = {}): Promise<Known | undefined> {
    const { of, asker, options: { onNoLeader } } = this.#init
    const patience = onNoLeader === 'provisional' && of(service)?.leader === undefined ? 1 : PATIENCE
    try {
      return this.settle(service, token, await asker.ask(service, question, patience, options.signal))
    } catch (err) {
      if (!isUnavailable(err)) throw err
      const stored = await this.stored(service, token, options)
      if (stored !== undefined) return stored
      throw err
    }
  }

  /** Nobody answers, and it goes on all the same. */
  #guesses (service: string, err: unknown): boolean {
    const { options, archive } = this.#init
    return options.onNoLeader === 'provisional' ? isUnavailable(err) : isUndecided(err) && !archive.expects(service)
  }

  #question (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined, propose: (() => string | undefined) | undefined): Question {
    const key = `${service}/${token}`
    const chosen = propose?.() ?? this.#provisional.get(key)
    this.#provisional.delete(key)
    const last = this.cache.last(service, token)?.node
    const able = candidates.filter(({ id, state }) => (state === 'up' || state === 'suspect') && exclude?.has(id) !== true)
    const ranked = chosen !== undefined ? [chosen] : rendezvousRank(token, able).slice(0, PROPOSALS).map(({ id }) => id)
    return {
      kind: 'resolve', parent: this.#init.parent, token, propose: ranked, balanced: chosen !== undefined,
      gone: last !== undefined && exclude?.has(last) === true ? last : undefined, to: undefined, from: undefined
    }
  }

  // ---- of whoever wants to know

  /**
   * Where a call of the token would go now, by the same word that it goes by; undefined: to whoever it will be linked to.
   *
   * @param patience - milliseconds that a leader is waited for
   * @throws RpcError; the signal's reason
   */
  async target (service: string, token: TokenId, patience: number, options: AbortOptions = {}): Promise<{ readonly id: string } | undefined> {
    const { local, parent, now, asker } = this.#init
    const known = this.known(service, token)
    if (known !== undefined) return known
    const question = questionOf('resolve', parent, token)
    if (local !== undefined) return this.settle(service, token, local.ask(service, question))
    if (this.#isUndecided(service)) return this.#rendezvous(service, token)
    const due = now() + patience
    try {
      return await this.#ask(service, token, question, options).catch(async (err: unknown) => {
        // nobody who decides will come, or is waited for
        if (!isUnavailable(err) || isUndecided(err) || this.#guesses(service, err)) throw err
        return this.settle(service, token, await asker.ask(service, question, due - now(), options.signal))
      })
    } catch (err) {
      if (!this.#guesses(service, err)) throw goneFor(service, err)
      return this.#rendezvous(service, token)
    }
  }

  #rendezvous (service: string, token: TokenId): NodeInfo | undefined {
    return rendezvousPick(token, this.#init.discovery.nodes(service).map(unsuspected))
  }

  // ---- of everybody

  /**
   * Takes over an answer.
   *
   * @throws RpcError
   */
  settle (service: string, token: TokenId, answer: Answer): Known | undefined {
    if ('failure' in answer) {
      if (answer.failure === 'no-node') return undefined
      const why = answer.failure === 'full' && this.#init.local !== undefined ? 'this process keeps as many as it may' : FULL[answer.failure]
      throw new RpcError(why === undefined ? 'UNAVAILABLE' : 'RESOURCE_EXHAUSTED', `links of service '${service}': ${why ?? 'its leader could not answer'}`, { retryable: why === undefined })
    }
    const reign = this.#steadyReign(service)
    if (reign !== undefined) this.cache.takeBack(service, token, reign)
    const before = this.cache.last(service, token)
    const known = this.cache.learn(service, token, answer.link, answer.rank)
    if (known !== before) this.#init.onLink(service, token, known, before)
    return known
  }

  /** What the DHT has of a token whose service's voters do not answer. Existing links only. */
  async stored (service: string, token: TokenId, options: AbortOptions = {}): Promise<Known | undefined> {
    const { archive, now } = this.#init
    const key = `${service}/${token}`
    // one that was not looked for may be there
    if (archive.isBusy || now() < (this.#nothing.get(key) ?? 0)) return undefined
    const link = await archive.find(service, this.parent, token, options.signal)
    const known = link === undefined ? this.cache.get(service, token) : this.cache.find(service, token, link)
    if (known !== undefined && this.#lives(known)) return known
    // who gave up has not seen that there is nothing
    options.signal?.throwIfAborted()
    if (this.#nothing.size >= MAX_PROVISIONAL) this.#nothing.clear()
    this.#nothing.set(key, now() + NOTHING_FOR)
    return undefined
  }

  /** Who decides, if that has been so for so long that no answer of a later one can have come before. */
  #steadyReign (service: string): FencingToken | undefined {
    const { local, of, now } = this.#init
    const token = local === undefined ? of(service)?.leader?.token : undefined
    if (token === undefined) return undefined
    const known = this.#reigns.get(service)
    if (known?.token.epoch === token.epoch && known.token.term === token.term) return now() - known.since >= STEADY ? token : undefined
    // the group was founded anew, by a clock that was behind: views believe that only after a while
    const isBack = known !== undefined && compareRanks({ ...known.token, index: 0 }, { ...token, index: 0 }) > 0
    if (this.#reigns.size >= MAX_SERVICES) this.#reigns.clear()
    this.#reigns.set(service, { token, since: isBack ? -Infinity : now() })
    return isBack ? token : undefined
  }

  /** The service has no voters, and had none as far as this node knows. */
  #isUndecided (service: string): boolean {
    const { of, archive } = this.#init
    return of(service)?.hint !== undefined && !archive.expects(service)
  }
}

function isUndecided (err: unknown): boolean {
  return err instanceof Error && err.name === 'NoAuthorityError'
}

/** Those who decide about the links of this service are gone, perhaps to come back. */
function goneFor (service: string, err: unknown): unknown {
  return isUndecided(err) ? new RpcError('UNAVAILABLE', `links of service '${service}': none of its voters is there`, { retryable: true, cause: err }) : err
}

function isUnavailable (err: unknown): boolean {
  return isUndecided(err) || (err instanceof RpcError && err.code === 'UNAVAILABLE')
}
