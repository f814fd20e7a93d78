/** What is wrong with a node, in plain words, from what its rooms say at this moment. */
import type { MeshStatus } from './index.ts'
import type { Finding } from './health.core.ts'
import type { HealthStatus } from '../rpc/index.ts'

/** What was seen at one look. */
export interface Observed {
  readonly status: MeshStatus
  /** Why there is no path into the mesh. */
  readonly isolation: readonly string[]
  /** Why nobody can dial this node: undefined while somebody can, or it needs no relay. */
  readonly unreachable: readonly string[] | undefined
  /** It is a page's: people know it as a tab. */
  readonly page: boolean
  /** Services whose group has voters and no leader. */
  readonly leaderless: readonly string[]
  /** What keeps this node from voting. */
  readonly fault: string | undefined
  /** Peers that listen to node records, and those of them in this node's gossip mesh. */
  readonly gossip: { readonly subscribers: number, readonly mesh: number } | undefined
  /** Topics whose outbox is full. */
  readonly full: readonly string[]
  readonly serving: HealthStatus
  /** Other nodes, and those of them that do not answer. */
  readonly others: number
  readonly suspects: number
  /** Milliseconds by which timers come late. */
  readonly loopDelay: number | undefined
}

type Times = Pick<Finding, 'raise' | 'clear'>

/** What the node itself decided. */
const AT_ONCE: Times = { raise: 0, clear: 0 }
/** A connection that is lost is often made again within a second. */
const PATH: Times = { raise: 1_000, clear: 2_000 }
/** An election takes a second or two, and so does most else that mends itself. */
const LASTING: Times = { raise: 3_000, clear: 5_000 }
/** A busy moment is no trouble. */
const SLOW: Times = { raise: 10_000, clear: 15_000 }

/** Milliseconds by which timers come late in a process that has no time for its peers. */
const BUSY = 500
/** Services, or topics, that are named one by one. */
const MAX_NAMED = 8
/** Reasons of one kind that are told. */
const MAX_CAUSES = 3

export function findings (seen: Observed): Finding[] {
  if (seen.status === 'starting') return [{ key: 'status', text: 'the node is starting', isolated: true, ...AT_ONCE }]
  if (seen.status === 'stopped') return [{ key: 'status', text: 'the node is stopped', isolated: true, ...AT_ONCE }]
  return [...ofPaths(seen), ...ofRooms(seen)]
}

function ofPaths ({ status, isolation, unreachable, page, gossip, others, suspects }: Observed): Finding[] {
  const found: Finding[] = []
  const add = (key: string, text: string, times: Times, isolated = false): void => { found.push({ key, text, isolated, ...times }) }
  if (status === 'isolated') add('path', because('there is no path into the mesh', isolation), PATH, true)
  if (status === 'draining') add('draining', 'the node is draining: it takes no new calls', AT_ONCE)
  if (unreachable !== undefined) add('unreachable', because(`no relay has a place for this ${page ? 'tab' : 'node'}, which nobody can dial`, unreachable), LASTING)
  if (gossip !== undefined && gossip.subscribers > 0 && gossip.mesh === 0) add('gossip', 'the gossip mesh has 0 peers: news travels by streams alone', LASTING)
  if (suspects >= 2 && suspects * 2 > others) add('suspects', 'most of the other nodes do not answer: this node\'s own network may be the reason', LASTING)
  return found
}

function ofRooms ({ leaderless, fault, full, serving, loopDelay }: Observed): Finding[] {
  const found: Finding[] = []
  const add = (key: string, text: string, times: Times): void => { found.push({ key, text, isolated: false, ...times }) }
  const each = (names: readonly string[], key: string, text: (name: string) => string, rest: string): void => {
    for (const name of names.slice(0, MAX_NAMED)) add(`${key} ${name}`, text(name), LASTING)
    // without their number, which may change all the time
    if (names.length > MAX_NAMED) add(`${key} *`, rest, LASTING)
  }
  each(leaderless, 'leader', name => `the group of '${name}' has no leader`, 'nor have groups of others')
  if (fault !== undefined) add('fault', `this node cannot vote: ${fault}`, AT_ONCE)
  each(full, 'full', name => `the outbox of topic ${name} is full`, 'the outboxes of other topics are full as well')
  if (serving === 'NOT_SERVING') add('serving', 'the application says that it does not serve', AT_ONCE)
  if (loopDelay !== undefined && loopDelay > BUSY) add('busy', `this process is busy: its timers come more than ${BUSY} ms late`, SLOW)
  return found
}

function because (what: string, causes: readonly string[]): string {
  const told = causes.slice(0, MAX_CAUSES).join('; ')
  const more = causes.length > MAX_CAUSES ? `; and ${causes.length - MAX_CAUSES} more` : ''
  return told === '' ? what : `${what}: ${told}${more}`
}
