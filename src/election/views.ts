/** What node records tell of the groups of all services: hints for routing, never counted. */
import { rendezvousPick } from '../balancing/index.ts'
import { latestEpoch } from './clock.core.ts'
import { compareTokens } from './tokens.core.ts'
import type { ElectionChange, FencingToken, GroupView } from './index.ts'
import type { Time } from './types.core.ts'
import type { Discovery, Leadership, NodeInfo } from '../discovery/index.ts'

/** Services whose newest token is remembered, and whose changes are told. */
const MAX_SERVICES = 1_024
/** Milliseconds between two questions for the leader of a service that has no group. */
const ASK_INTERVAL = 1_000
/** Milliseconds that a token counts when no record tells of it any more: one lie must not blind for good. */
const FORGET = 5 * 60 * 1_000
/** The role of a node that may vote. */
export const VOTER = 'voter'

export class Views {
  readonly #discovery: Pick<Discovery, 'nodes'>
  /** What was believed is not taken back for something older, as long as somebody tells of it. */
  readonly #newest = new Map<string, { token: FencingToken, at: number }>()
  /** What was told of the services that somebody asked for. */
  readonly #followed = new Map<string, string>()
  readonly #asked = new Map<string, number>()
  readonly #onAsk: ((service: string) => void) | undefined
  readonly #time: () => Time

  /** @param onAsk - a group is made when somebody asks its members for their leader */
  constructor (discovery: Pick<Discovery, 'nodes'>, onAsk: ((service: string) => void) | undefined, time = (): Time => ({ now: performance.now(), wall: Date.now() })) {
    this.#discovery = discovery
    this.#time = time
    this.#onAsk = onAsk
  }

  /** {@link get}, and tell of its changes from now on. */
  follow (service: string): GroupView | undefined {
    const view = this.get(service)
    if (view === undefined) this.#ask(service)
    if (this.#followed.size < MAX_SERVICES && !this.#followed.has(service)) this.#followed.set(service, key(view))
    return view
  }

  /** What has changed since it was told, for all that are followed but one. */
  changes (but: string | undefined): ElectionChange[] {
    const changes: ElectionChange[] = []
    for (const [service, before] of this.#followed) {
      const view = service === but ? undefined : this.get(service)
      if (service === but || key(view) === before) continue
      this.#followed.set(service, key(view))
      changes.push({ service, state: view?.state ?? 'observer', leader: view?.leader, term: view?.term ?? 0 })
    }
    return changes
  }

  #ask (service: string): void {
    const { now } = this.#time()
    if (this.#onAsk === undefined || now - (this.#asked.get(service) ?? -Infinity) < ASK_INTERVAL) return
    if (this.#asked.size >= MAX_SERVICES) this.#asked.clear()
    this.#asked.set(service, now)
    this.#onAsk(service)
  }

  get (service: string): GroupView | undefined {
    const nodes = this.#discovery.nodes(service)
    const { now, wall } = this.#time()
    const best = newest(nodes, latestEpoch(wall))
    if (best === undefined) {
      const hint = nodes.some(({ roles }) => roles.includes(VOTER)) ? undefined : rendezvousPick('leader', nodes)?.id
      return hint === undefined ? undefined : { state: 'observer', voters: [], term: 0, hint }
    }
    const { leader, voters } = best
    const token = { epoch: best.epoch, term: best.term }
    const seen = this.#newest.get(service)
    if (seen !== undefined && compareTokens(seen.token, token) > 0 && now - seen.at < FORGET) return { state: 'observer', voters, term: seen.token.term }
    if (this.#newest.size >= MAX_SERVICES) this.#newest.clear()
    this.#newest.set(service, { token, at: now })
    return { state: 'observer', voters, term: token.term, ...nodes.some(({ id }) => id === leader) ? { leader: { id: leader, token } } : {} }
  }
}

/** Of what voters say of their own group, the newest. */
function newest (nodes: readonly NodeInfo[], latest: number): Leadership | undefined {
  let best: Leadership | undefined
  for (const { id, election } of nodes) {
    if (election === undefined || election.epoch > latest || !election.voters.includes(id)) continue
    const order = best === undefined ? 1 : compareTokens(election, best)
    if (order > 0 || (order === 0 && best?.leader === '')) best = election
  }
  return best
}

function key (view: GroupView | undefined): string {
  return JSON.stringify(view) ?? ''
}
