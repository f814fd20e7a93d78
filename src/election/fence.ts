/**
 * What a resource remembers of the leaders that acted on it: the highest fencing token, durable before it is accepted.
 * A lease alone is no mutual exclusion, as a process may be stopped between the check and the act; the token is.
 */
import { ElectionStoreError, InvalidOptionsError, StaleTokenError } from '../errors.ts'
import { unref } from '../util/timeouts.ts'
import { MAX_FENCED, MAX_FENCED_NAME, MAX_TEXT } from '../wire/limits.ts'
import { checkName } from '../wire/names.ts'
import { compareTokens } from './tokens.core.ts'
import type { Fence, FenceOptions, FencingToken } from './index.ts'
import type { StableStore } from '../storage/index.ts'

const NAME = 'election-fence'
/** Milliseconds that only an older leader must be known for, before it counts: one lie must not blind for good. */
const FORGET = 5 * 60 * 1_000
/** Milliseconds between two looks at whether it still is: nobody may check anything meanwhile. */
const LOOK = 5_000

interface Seen {
  token: FencingToken
  /** Resolves when it is stored; undefined after that failed. */
  stored: Promise<void> | undefined
  /** Some token was: it is never forgotten. One that was only refused is remembered as long as there is room. */
  accepted: boolean
}

/**
 * What is stored. `floor`: of resources that are not named, older tokens may have been accepted and forgotten. It is that
 * of this node's own service; `floors` are those of others.
 */
interface Stored {
  floor?: FencingToken | undefined
  floors?: Array<[service: string, floor: FencingToken]>
  seen: Array<[resource: string, epoch: number, term: number]>
}

/** Its floor's. */
const OWN = ''

/** @param floor - the newest token known otherwise, of the own service or another: what counts for a resource whose own was lost */
export function createFence (store: StableStore, floor: (service: string | undefined) => FencingToken | undefined, now = (): number => performance.now()): Fence {
  return new StoredFence(store, floor, now)
}

class StoredFence implements Fence {
  readonly #store: StableStore
  readonly #floor: (service: string | undefined) => FencingToken | undefined
  readonly #now: () => number
  readonly #seen = new Map<string, Seen>()
  /** Of all tokens; what comes within one turn is written as one. */
  #write: Promise<void> | undefined
  #loaded: Promise<void> | undefined
  #lost = false
  /** The newest token that was known since the loss, by service: those of two services cannot be compared. */
  readonly #least = new Map<string, FencingToken>()
  /** Since when only an older one is known, of those services of which that is so. */
  readonly #olderSince = new Map<string, number>()
  #watched = false

  constructor (store: StableStore, floor: (service: string | undefined) => FencingToken | undefined, now: () => number) {
    this.#store = store
    this.#floor = floor
    this.#now = now
  }

  async check (resource: string, token: FencingToken, { service }: FenceOptions = {}): Promise<void> {
    if (typeof resource !== 'string' || resource === '' || resource.length > MAX_TEXT || !resource.isWellFormed() || encode(resource).length > MAX_FENCED_NAME) {
      throw new InvalidOptionsError(`fence: a resource is a text of 1 to ${MAX_TEXT} characters, ${MAX_FENCED_NAME} bytes as JSON`)
    }
    if (service !== undefined) checkName('service', service)
    if (!isToken(token)) throw new InvalidOptionsError('fence: a token is { epoch, term }, as a lease has it')
    this.#loaded ??= this.#load()
    await this.#loaded
    const highest = this.#seen.get(resource)?.token ?? this.#afterLoss(resource, service)
    if (highest !== undefined && compareTokens(token, highest) < 0) {
      throw new StaleTokenError(`${resource}: token ${text(token)} is older than ${text(highest)}, which was accepted before: its leader was replaced and must not act`)
    }
    await this.#raise(resource, token)
  }

  /** What a resource whose own token may be among the lost ones must reach. */
  #afterLoss (resource: string, service: string | undefined): FencingToken | undefined {
    if (!this.#lost) return undefined
    const name = service ?? OWN
    const known = this.#floor(service)
    const least = this.#least.get(name)
    if (known !== undefined && (least === undefined || this.#counts(name, known, least))) {
      this.#olderSince.delete(name)
      if (least !== undefined || this.#least.size < MAX_FENCED) this.#least.set(name, known)
      return known
    }
    if (known === undefined) this.#olderSince.delete(name)
    if (least !== undefined) return least
    throw new ElectionStoreError(`fence: what was accepted for ${resource} is lost and no leader of ${service ?? 'this node\'s service'} is known, so no token can be judged: try again when there is one; of leaders of another service, name it: { service }`)
  }

  /** Records may tell of a leader that never was; or there is one, and this node is cut off from it. */
  #counts (name: string, known: FencingToken, least: FencingToken): boolean {
    if (compareTokens(known, least) >= 0) return true
    const now = this.#now()
    const since = this.#olderSince.get(name) ?? now
    this.#olderSince.set(name, since)
    if (!this.#watched) watch(new WeakRef(this))
    this.#watched = true
    return now - since >= FORGET
  }

  /** Whether an older one is still all that is known somewhere. Between two checks a newer one may come and go. */
  look (): boolean {
    for (const name of this.#olderSince.keys()) {
      const known = this.#floor(name === OWN ? undefined : name)
      const least = this.#least.get(name)
      if (known === undefined || least === undefined || compareTokens(known, least) >= 0) this.#olderSince.delete(name)
    }
    this.#watched = this.#olderSince.size > 0
    return this.#watched
  }

  async #raise (resource: string, { epoch, term }: FencingToken): Promise<void> {
    const seen = this.#seen.get(resource) ?? this.#place(resource)
    if (seen.stored === undefined || compareTokens({ epoch, term }, seen.token) > 0) {
      // From now on nothing older passes, stored or not.
      seen.token = { epoch, term }
      seen.stored = this.#write ??= this.#writeAll()
    }
    const { stored } = seen
    try {
      await stored
      seen.accepted = true
    } catch (cause) {
      if (seen.stored === stored) seen.stored = undefined
      throw new ElectionStoreError(`fence: the token of ${resource} could not be stored, so it was not accepted: mend the storage`, { cause })
    }
  }

  /** For one that is not known yet. */
  #place (resource: string): Seen {
    if (this.#seen.size >= MAX_FENCED) for (const [name, seen] of this.#seen) if (!isKept(seen)) this.#seen.delete(name)
    if (this.#seen.size >= MAX_FENCED) throw new ElectionStoreError(`fence: at most ${MAX_FENCED} resources; fence what holds many small ones as a whole`)
    const seen: Seen = { token: { epoch: 0, term: 0 }, stored: undefined, accepted: false }
    this.#seen.set(resource, seen)
    return seen
  }

  async #load (): Promise<void> {
    this.#lost = this.#store.lost.has(NAME)
    try {
      const bytes = await this.#store.get(NAME)
      if (bytes === undefined) return
      const { floor, floors = [], seen } = JSON.parse(new TextDecoder().decode(bytes)) as Stored
      for (const [resource, epoch, term] of seen) this.#seen.set(resource, { token: { epoch, term }, stored: Promise.resolve(), accepted: true })
      for (const [service, least] of [...floor === undefined ? [] : [[OWN, floor] as const], ...floors]) this.#least.set(service, least)
      this.#lost ||= this.#least.size > 0
    } catch {
      this.#lost = true
    }
  }

  async #writeAll (): Promise<void> {
    await Promise.resolve()
    this.#write = undefined
    const seen = [...this.#seen].filter(([, one]) => isKept(one)).map(([resource, { token: { epoch, term } }]): Stored['seen'][number] => [resource, epoch, term])
    const floors = [...this.#least].filter(([service]) => service !== OWN)
    const stored: Stored = { floor: this.#least.get(OWN), ...floors.length > 0 && { floors }, seen }
    await this.#store.set(NAME, encode(stored))
  }
}

/** Ends when there is nothing more to look at, or when the fence has gone. */
function watch (fence: WeakRef<StoredFence>): void {
  const timer = unref(setInterval(() => { if (fence.deref()?.look() !== true) clearInterval(timer) }, LOOK))
}

/** It was accepted, or is being stored. */
function isKept ({ accepted, stored }: Seen): boolean {
  return accepted || stored !== undefined
}

function encode (value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function isToken (token: unknown): token is FencingToken {
  const { epoch, term } = (token ?? {}) as Partial<FencingToken>
  return [epoch, term].every(number => Number.isSafeInteger(number) && (number as number) >= 0)
}

function text ({ epoch, term }: FencingToken): string {
  return `${epoch}/${term}`
}
