/** E10: who must lead in the end, by what is there then. What can come to nothing by design is said so, and counted. */
import { majorityOf } from './election-checks.ts'
import type { Config, GroupKind } from '../../../src/election/types.core.ts'

/** A node that runs, and is honest. */
export interface Living {
  readonly id: string
  /** No tab. */
  readonly votes: boolean
  /** Nor told to leave: it may get a seat. */
  readonly able: boolean
  readonly incarnation: string | undefined
  /** As it is stored. */
  readonly config: Config | undefined
  readonly founded: boolean
  readonly leader: string | undefined
  readonly leads: boolean
  /** Others that it sees. */
  readonly sees: number
}

export interface Started {
  readonly kind: GroupKind
  readonly voters: readonly string[] | undefined
  readonly expect: number
  readonly persistent: boolean
  readonly bootstrapped: boolean
}

/**
 * `well`: as it must be. `excused`: nothing can be asked of them. `slow`: a group has to be founded, or to give way, first,
 * which takes longer than an election.
 */
export type Verdict = { readonly is: 'well', readonly how: string } | { readonly is: 'excused', readonly why: string } | { readonly is: 'missing', readonly what: string, readonly slow: boolean }

const excused = (why: string): Verdict => ({ is: 'excused', why })
const missing = (what: string, slow: boolean): Verdict => ({ is: 'missing', what, slow })

/** The newest config of each group that was founded. */
function groupsOf (nodes: readonly Living[]): Config[] {
  const newest = new Map<number, Config>()
  for (const { config, founded } of nodes) {
    if (config === undefined || !founded) continue
    const other = newest.get(config.group)
    if (other === undefined || config.term > other.term || (config.term === other.term && config.version > other.version)) newest.set(config.group, config)
  }
  return [...newest.values()]
}

/** How many seats of a config are there, of which so many are needed: who leaves votes until it has left. */
function seatsThere (config: Config, nodes: readonly Living[]): number {
  return config.voters.filter(seat => nodes.some(node => {
    return node.id === seat.id && node.votes && node.incarnation === seat.incarnation && node.config?.group === config.group
  })).length
}

function isAlive (config: Config, nodes: readonly Living[]): boolean {
  return seatsThere(config, nodes) >= majorityOf(config)
}

export function judge (nodes: readonly Living[], started: Started): Verdict {
  const groups = groupsOf(nodes)
  const alive = groups.filter(config => isAlive(config, nodes))
  const [any] = alive
  if (any === undefined) return groups.length === 0 ? judgeUnfounded(nodes, started) : judgeDead(groups, nodes, started)
  const onPurpose = alive.filter(({ kind }) => kind !== 'default')
  const leaders = nodes.filter(({ leads }) => leads)
  if (onPurpose.length > 1) {
    const headless = onPurpose.find(({ group }) => leaders.filter(({ config }) => config?.group === group).length !== 1)
    return headless === undefined ? excused('two on purpose') : missing(`group ${headless.group} of several that were founded on purpose has no leader, or two`, false)
  }
  const decides = onPurpose[0] ?? any
  const slow = groups.length > 1 || nodes.some(({ founded }) => !founded)
  if (leaders.length !== 1) return missing(`${leaders.length} leaders with a lease, in ${groups.length} groups of which ${alive.length} can vote`, slow)
  const leader = leaders[0] as Living
  if (onPurpose.length === 1 && leader.config?.group !== decides.group) return missing(`${leader.id} leads a group that should give way to ${decides.group}`, true)
  const heirs = nodes.filter(node => node.able && node.config?.group === leader.config?.group)
  if (!leader.able && heirs.length > 0) return missing(`${leader.id} leads, which is to leave, though ${heirs.map(({ id }) => id).join()} could`, true)
  const odd = nodes.filter(node => node.leader !== leader.id && !isStranded(node, nodes, leader.config as Config, started))
  if (odd.length === 0) return { is: 'well', how: groups.length > 1 ? 'alive, some stranded' : 'alive' }
  return missing(`${odd.map(({ id }) => id).join()} of ${nodes.length} nodes do not know that ${leader.id} leads`, slow)
}

/** A voter does not leave a group that was founded on purpose but for one that takes its place; nor what it pledged itself to. */
function isStranded ({ id, incarnation, config, founded }: Living, nodes: readonly Living[], leading: Config, { kind }: Started): boolean {
  if (config === undefined || config.group === leading.group) return false
  if (!founded) return kind !== 'default' || config.kind !== 'default'
  return config.kind !== 'default' && config.voters.some(seat => seat.id === id && seat.incarnation === incarnation) && !isToldOfAnother(config, nodes)
}

/** By those who had seats in it: one is enough when an operator gave it up, else so many that it can have no leader. */
function isToldOfAnother ({ group, voters }: Config, nodes: readonly Living[]): boolean {
  const gone = nodes.filter(node => {
    return node.founded && (node.config?.group ?? 0) > group && voters.some(({ id, incarnation }) => id === node.id && incarnation === node.incarnation)
  })
  return gone.some(({ config }) => config?.kind === 'recover') || 2 * (voters.length - gone.length) <= voters.length
}

/** Nobody has a group yet. */
function judgeUnfounded (nodes: readonly Living[], { kind, voters, expect, bootstrapped }: Started): Verdict {
  const able = nodes.filter(node => node.able)
  // pledged to others who may have founded it
  const bound = able.some(({ config }) => config !== undefined && seatsThere(config, nodes) < (config.kind === 'recover' ? config.voters.length : majorityOf(config)))
  if (bound) return excused('bound by a pledge')
  if (able.every(({ sees }) => sees === 0) && bootstrapped) return excused('isolated')
  const enough = voters === undefined ? able.length >= expect : voters.every(id => able.some(node => node.id === id))
  return enough ? missing(`nobody founds a group (${kind}), though ${able.length} are there`, true) : excused('too few to found')
}

/** No group that there is can ever vote again, or so it looks. */
function judgeDead (groups: readonly Config[], nodes: readonly Living[], { persistent, bootstrapped }: Started): Verdict {
  const able = nodes.filter(node => node.able)
  if (groups.some(({ kind }) => kind !== 'default')) return excused('majority gone')
  if (able.length === 0) return excused('nobody may vote')
  if (able.every(({ sees }) => sees === 0) && bootstrapped) return excused('isolated')
  // who kept its store and is away may come back, and vote
  const lost = (config: Config): boolean => config.voters.every(seat => nodes.some(node => node.id === seat.id && node.incarnation !== seat.incarnation))
  if (persistent && !groups.every(lost)) return excused('majority gone')
  return missing(`no group of ${able.length} nodes can vote, and none is formed anew`, true)
}
