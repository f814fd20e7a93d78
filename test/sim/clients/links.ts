/** What must hold for links: K1 to K7. */
import { createElection, PROFILES } from '../../../src/election/election.core.ts'
import { Cache } from '../../../src/links/cache.core.ts'
import { decide } from '../../../src/links/decide.core.ts'
import { Holdings } from '../../../src/links/held.core.ts'
import { Grants, OwnLease } from '../../../src/links/lease.core.ts'
import { Lives } from '../../../src/links/lives.core.ts'
import { compareRanks, rankText } from '../../../src/links/rank.core.ts'
import { createRandom } from '../../../src/util/random.core.ts'
import { checkLinearizable, explain } from '../../harness/linearizability.ts'
import { Violation } from '../kernel/types.ts'
import { LinksProcess } from './links-process.ts'
import type { Operation } from '../../harness/history.ts'
import type { Model } from '../../harness/linearizability.ts'
import type { Rank } from '../../../src/links/rank.core.ts'
import type { Cores, LinksOptions } from './links-process.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Client, Fault, FaultKind, LeaderFault, Schedule, SimEvent } from '../kernel/types.ts'
import type { World } from '../kernel/world.ts'
import type { Random } from '../../../src/util/random.core.ts'

const FAULTS: readonly FaultKind[] = ['kill', 'poweroff', 'stall', 'freeze', 'sleep', 'halves', 'isolate', 'ring', 'pair', 'oneWay', 'reset', 'slow', 'lossy', 'drift']
const SCHEDULE: Schedule = { until: 25_000, healAt: 28_000, sizes: [3, 3, 4, 5, 5], intensity: 1, drift: 0.5, lossy: 0.3 }
const STRIKES: readonly LeaderFault[] = ['kill', 'isolate', 'isolate', 'halves', 'freeze', 'drop']
/** Milliseconds after which tokens are called only; from when on calls must agree; and until when they must have come. */
const CALM = 1_000
const AGREE = 12_000
const SETTLE = 21_000
const TOKENS = ['a', 'b'].map(digit => digit.repeat(64))
const MAX_STEPS = 200_000

const CORES: Cores = { createElection, decide, Cache, Holdings, OwnLease, Grants, Lives }

/** A link's register as its users see it: which operation made what stands there. */
type Step = { readonly seen: string, readonly after: string } | undefined
const LINK: Model<string, Step, Step> = {
  init: '',
  step: (state, input, output) => {
    if (output !== undefined) return output.seen === state ? { state: output.after } : undefined
    return input !== undefined && input.seen === state ? { state: input.after } : { state }
  },
  key: state => state
}

interface Op {
  readonly token: string
  readonly client: string
  readonly kind: string
  readonly called: number
  /** Rank of the newest link that any operation had returned before. */
  readonly floor: Rank
  returned: number
  outcome: 'ok' | 'certain' | 'unknown'
  /** What it would write, as far as it came to that. */
  input: Step
  output: Step
}

const ZERO: Rank = { epoch: 0, term: 0, index: 0 }

export function linksClient (name = 'links', cores: Cores = CORES): ClientFactory {
  return {
    name,
    faults: FAULTS,
    workload,
    schedule: SCHEDULE,
    mustHappen: ['restarts', 'clockJump', 'linked', 'moved', 'unlinked', 'landed', 'ran strict', 'judged dead', 'leases over', 'unknown', 'checked'],
    create: world => new LinksClient(world, cores)
  }
}

/** Leaders change, and clocks are set. */
function workload (random: Random, ids: readonly string[], until: number): Fault[] {
  return [...strikes(random, until), ...clocks(random.fork('clocks'), ids, until)]
}

/** Leaders are cut off with what they have begun, and come back. */
export function strikes (random: Random, until: number): Fault[] {
  const faults: Fault[] = []
  if (!random.chance(0.6)) return faults
  for (let at = random.between(5_000, 9_000); at < until; at += random.between(1_500, 7_000)) {
    faults.push({ kind: 'leader', at, how: random.pick(STRIKES) ?? 'kill', ms: random.between(500, 6_000) })
  }
  return faults
}

/** Wall clocks are set forward and back, of any node, by up to a minute; or those of all others, just after one has died with what was granted to it. */
function clocks (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.3)) return []
  const at = random.between(5_000, until)
  if (random.chance(0.4)) {
    const dead = random.pick(ids)!
    const others = ids.filter(id => id !== dead)
    return [{ kind: 'kill', at, node: dead, back: undefined, disk: 'keep' }, ...others.map((node): Fault => ({ kind: 'clockJump', at: at + random.between(0, 500), node, ms: -60_000 }))]
  }
  return Array.from({ length: 1 + random.int(4) }, () => ({ kind: 'clockJump', at: random.between(5_000, until), node: random.pick(ids)!, ms: random.between(-60_000, 60_000) }))
}

class LinksClient implements Client {
  readonly name = 'links'
  readonly faults = FAULTS
  readonly mustHappen = []
  readonly settleTime = SETTLE
  readonly #world: World
  readonly #cores: Cores
  readonly #options: LinksOptions
  readonly #ops = new Map<string, Op>()
  readonly #returned = new Map<string, Rank>()
  /** By token and rank: what was committed under it. */
  readonly #ranks = new Map<string, string>()
  /** By node, life and token: the newest rank that its cache has shown. */
  readonly #cached = new Map<string, Rank>()
  /** By token: the newest rank that a call has run under. */
  readonly #ran = new Map<string, { rank: Rank, node: string }>()
  /** Operations for which a lease was taken for over, and was not: by whose it was. */
  readonly #early = new Map<string, string>()
  /** By token, then caller: where its last call landed, since all must agree. */
  readonly #landed = new Map<string, Map<string, string>>()

  constructor (world: World, cores: Cores) {
    this.#world = world
    this.#cores = cores
    const { scenario } = world
    const random = createRandom(scenario.seed).fork('links')
    const odd = scenario.ids.length % 2 === 0 ? scenario.ids.length - 1 : scenario.ids.length
    const profile = scenario.latency.mean > 10 ? 'wan' : random.pick(['fast', 'default', 'default'] as const) ?? 'default'
    this.#options = {
      tokens: TOKENS,
      strict: random.chance(0.6),
      calm: () => world.now > scenario.healAt + CALM,
      election: { profile: PROFILES[profile], lease: random.chance(0.8) ? 'strict' : 'off', voters: scenario.ids.slice(0, odd), persistent: true }
    }
  }

  create (): LinksProcess {
    return new LinksProcess(this.#cores, this.#options)
  }

  leader (): string | undefined {
    for (const { id, process, status, frozen } of this.#world.nodes.values()) {
      const links = process as LinksProcess | undefined
      if (status === 'up' && !frozen && links?.election.lease !== undefined) return id
    }
    return undefined
  }

  observe (node: string, event: SimEvent): void {
    const { token = '', rank, op = '' } = event as unknown as { token?: string, rank?: Rank, op?: string }
    switch (event.type) {
      case 'began': this.#ops.set(op, { token, client: node, kind: String(event['kind']), called: this.#world.now, floor: this.#returned.get(token) ?? ZERO, returned: Infinity, outcome: 'unknown', input: undefined, output: undefined }); break
      case 'writing': {
        const known = this.#ops.get(op)
        if (known !== undefined) known.input = { seen: String(event['seen']), after: String(event['after']) }
        break
      }
      case 'decided': this.#decided(event as never); break
      case 'wrote': this.#wrote(token, rank as Rank, op); break
      case 'ended': this.#ended(op, event as never); break
      case 'cached': this.#checkCached(node, token, rank as Rank); break
      case 'ran': this.#checkRun(node, token, rank as Rank, event as never); break
      case 'learnt':
        if (compareRanks(rank as Rank, event['before'] as Rank) < 0) throw new Violation('K4', `${node} believes late word of a link that it knows a newer one of`)
        break
      case 'over': this.#over(op, String(event['node']), Number(event['incarnation'])); break
      case 'landed': {
        this.#world.count('landed')
        if (this.#world.now < this.#world.scenario.healAt + AGREE) break
        const callers = this.#landed.get(token) ?? new Map<string, string>()
        this.#landed.set(token, callers.set(node, String(event['node'])))
        break
      }
    }
  }

  #decided ({ op, token, kind, alive, wrote, there }: { op: string, token: string, kind: string, alive: boolean, wrote: boolean, there: boolean }): void {
    if (there && !alive) this.#world.count('judged dead')
    if (!this.#ops.has(op)) this.#world.count('checked')
    if (kind === 'resolve' && wrote && alive) throw new Violation('K1', `${op} links ${token.slice(0, 4)} anew, which is linked to a node that lives`)
    if (kind === 'remove' && there && !wrote) throw new Violation('K1', `${op} was to unlink ${token.slice(0, 4)}, and did not`)
  }

  #wrote (token: string, rank: Rank, op: string): void {
    const holder = this.#early.get(op)
    if (holder !== undefined) throw new Violation('K6', `${op} takes a token from ${holder}, whose lease is not over`)
    const key = `${token} ${rankText(rank)}`
    const known = this.#ranks.get(key)
    if (known !== undefined && known !== op) throw new Violation('K2', `${known} and ${op} have one rank, ${rankText(rank)}`)
    this.#ranks.set(key, op)
  }

  #ended (op: string, { outcome, seen, after, rank }: { outcome: Op['outcome'], seen: string, after: string, rank: Rank | undefined }): void {
    const known = this.#ops.get(op)
    if (known === undefined) return
    if (outcome !== 'ok') {
      known.outcome = known.input === undefined ? outcome : outcome === 'certain' ? 'certain' : 'unknown'
      if (outcome === 'unknown') this.#world.count('unknown')
      return
    }
    known.outcome = 'ok'
    known.returned = this.#world.now
    known.output = { seen, after }
    if (rank === undefined) return
    if (compareRanks(rank, known.floor) < 0) throw new Violation('K3', `${op} saw ${rankText(rank)}, after ${rankText(known.floor)} had been seen`)
    if (compareRanks(rank, this.#returned.get(known.token) ?? ZERO) > 0) this.#returned.set(known.token, rank)
  }

  #checkCached (node: string, token: string, rank: Rank): void {
    const key = `${node} ${this.#world.nodes.get(node)!.life} ${token}`
    const before = this.#cached.get(key)
    if (before !== undefined && compareRanks(rank, before) < 0) throw new Violation('K4', `${node} goes back from ${rankText(before)} to ${rankText(rank)}`)
    this.#cached.set(key, rank)
  }

  /** Somebody takes a node's lease for over. If it leads, and can write, it must be. */
  #over (op: string, id: string, incarnation: number): void {
    this.#world.count('leases over')
    const { status, process } = this.#world.nodes.get(id)!
    const links = process as LinksProcess | undefined
    if (status === 'up' && links?.incarnation === incarnation && links.mayRun) this.#early.set(op, id)
  }

  #checkRun (node: string, token: string, rank: Rank, { place, incarnation, claimed }: { place: { node: string, incarnation: number }, incarnation: number, claimed: Rank }): void {
    if (compareRanks(rank, claimed) < 0) throw new Violation('K5', `${node} runs a call under an older link than its caller knows`)
    if (place.node !== node || place.incarnation !== incarnation) throw new Violation('K5', `${node} runs a call under the link of ${place.node} in its life ${place.incarnation}`)
    const last = this.#ran.get(token)
    const isLate = last !== undefined && compareRanks(rank, last.rank) < 0
    if (isLate && this.#options.strict && last.node !== node) throw new Violation('K6', `${node} runs a call under ${rankText(rank)}, after ${last.node} under ${rankText(last.rank)}`)
    if (isLate) this.#world.count('ran late')
    else this.#ran.set(token, { rank, node })
    this.#world.count(this.#options.strict ? 'ran strict' : 'ran open')
  }

  settled (): string | undefined {
    const verdict = checkLinearizable(LINK, [...this.#ops.entries()].flatMap(([op, { token, client, called, returned, outcome, input, output }]): Array<Operation<Step, Step>> => {
      // what did nothing, and what did not come so far as to do anything
      if (outcome === 'certain' || (outcome === 'unknown' && input === undefined)) return []
      return [{ client: `${client} ${op}`, key: token, input, output, called, returned }]
    }), { maxSteps: MAX_STEPS })
    if (verdict.ok === false) throw new Violation('K7', explain({ ...verdict, longest: verdict.longest.slice(-8), stuck: verdict.stuck.slice(0, 8) }))
    if (verdict.ok === 'undecided') this.#world.count('undecided')
    const up = this.#world.up().map(({ id }) => id)
    const voters = this.#options.election.voters ?? []
    if (voters.filter(id => up.includes(id)).length <= voters.length / 2) return undefined
    for (const token of TOKENS) {
      const callers = this.#landed.get(token) ?? new Map<string, string>()
      const missing = up.filter(id => !callers.has(id))
      if (missing.length > 0) return `no call of ${token.slice(0, 4)} of ${missing.join()} ran`
      const homes = new Set(up.map(id => callers.get(id)))
      if (homes.size > 1) return `calls of ${token.slice(0, 4)} run at ${[...homes].join()}`
    }
    return undefined
  }
}
