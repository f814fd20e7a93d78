/** What node records tell of the groups of all services: hints for routing, never counted. */
import { rendezvousPick } from '../balancing/index.ts'
import { latestEpoch } from './clock.core.ts'
import { compareTokens } from './tokens.core.ts'
import type { ElectionChange, FencingToken, GroupView } from './index.ts'
import type { Time } from './types.core.ts'
import type { Discovery, Leadership, NodeInfo } from '../discovery/index.ts'

/** Services whose newest token is remembered, and, of those without a view, whose changes are told. */
const MAX_SERVICES = 1_024
/** Milliseconds between two questions for the leader of a service that has no group. */
const ASK_INTERVAL = 1_000
/** Milliseconds that a token counts when no record tells of it any more: one lie must not blind for good. */
const FORGET = 5 * 60 * 1_000
/** The role of a node that may vote. */
export const VOTER = 'voter'

interface Followed {
  /** What was told. */
  view: GroupView | undefined
  /** From when on its nodes may be asked for their leader again. */
  at: number
}

export class Views {
  readonly #discovery: Pick<Discovery, 'nodes'>
  /** What was believed is not taken back for something older, as long as somebody tells of it. */
  readonly #newest = new Map<string, { token: FencingToken, at: number }>()
  /** By the lists that they were made of: discovery makes another one when a node of the service has changed. */
  readonly #made = new WeakMap<readonly NodeInfo[], GroupView>()
  /** The services that somebody asked for. */
  readonly #followed = new Map<string, Followed>()
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
    const { now } = this.#time()
    let followed = this.#followed.get(service)
    if (followed === undefined) {
      // the oldest without a view; of the others there are no more than discovery has nodes
      for (const [name, { view }] of this.#followed) if (view === undefined && this.#followed.size >= MAX_SERVICES) this.#followed.delete(name)
      this.#followed.set(service, followed = { view, at: 0 })
    }
    if (view === undefined && now >= followed.at) {
      followed.at = now + ASK_INTERVAL
      this.#onAsk?.(service)
    }
    return view
  }

  /** What has changed since it was told, for all that are followed but one. */
  changes (but?: string): ElectionChange[] {
    const changes: ElectionChange[] = []
    for (const [service, followed] of this.#followed) {
      const before = followed.view
      const view = service === but ? before : this.get(service)
      if (view === before) continue
      followed.view = view
      if (JSON.stringify(view) === JSON.stringify(before)) continue
      changes.push({ service, state: 'observer', leader: view?.leader, term: view?.term ?? 0 })
    }
    return changes
  }

  get (service: string): GroupView | undefined {
    const nodes = this.#discovery.nodes(service)
    const { now, wall } = this.#time()
    const seen = this.#newest.get(service)
    const made = this.#made.get(nodes)
    if (made !== undefined && seen !== undefined) {
      seen.at = now
      return made
    }
    const best = newest(nodes, latestEpoch(wall))
    if (best === undefined) {
      const hint = nodes.some(({ roles }) => roles.includes(VOTER)) ? undefined : rendezvousPick('leader', nodes)?.id
      return hint === undefined ? undefined : { state: 'observer', voters: [], term: 0, hint }
    }
    const { leader, voters } = best
    const token = { epoch: best.epoch, term: best.term }
    const older = seen !== undefined && compareTokens(seen.token, token) > 0 && now - seen.at < FORGET
    const view: GroupView = { state: 'observer', voters, term: (older ? seen.token : token).term, ...!older && nodes.some(({ id }) => id === leader) ? { leader: { id: leader, token } } : {} }
    if (older) return view
    if (this.#newest.size >= MAX_SERVICES) this.#newest.clear()
    this.#newest.set(service, { token, at: now })
    this.#made.set(nodes, view)
    return view
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
