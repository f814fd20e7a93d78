/** Invariants that look at what is durable at several nodes at once. */
import { Violation } from '../kernel/types.ts'
import { membership } from './election-process.ts'
import type { ElectionView } from './election-process.ts'
import type { Message } from '../../../src/election/messages.core.ts'
import type { Config, Durable, Rank, Token } from '../../../src/election/types.core.ts'

/** What is durable at each node. */
export type Disks = ReadonlyMap<string, Durable | undefined>

export function majorityOf (config: Config): number {
  return Math.floor(config.voters.length / 2) + 1
}

export function compareTokens (a: Token, b: Token): number {
  return a.epoch - b.epoch || a.term - b.term
}

/** E5: a message leaves when all that it says about its sender is on the disk. */
export function checkDurable (id: string, message: Message, { durable, memberships }: ElectionView): void {
  const fail = (what: string): never => { throw new Violation('E5', `${id} sends ${message.type} before its ${what} is durable`) }
  const group = message.type === 'pledge' && message.ok && message.firm ? message.proposed : message.group
  if (group === 0) return
  if (!memberships.has(membership(group, message.incarnation))) fail('group')
  if (message.type === 'prevote' || message.type === 'hello' || message.type === 'yield') return
  const hard = durable?.hard
  if (hard === undefined) return fail('state')
  // what came later may be durable already
  if (hard.config?.group !== message.group || hard.incarnation !== message.incarnation) return
  if (message.type === 'vote') {
    // it asks while it stores its own vote; what it says of the config must last
    const { term, version } = message.config
    if (hard.config.term < term || (hard.config.term === term && hard.config.version < version)) fail('config')
    return
  }
  if (hard.term < message.term) fail('term')
  if (message.type === 'vote-response' && message.granted && hard.term === message.term && hard.vote === undefined) fail('vote')
  if (message.type === 'config-response' || message.type === 'heartbeat-response') {
    const { term, version } = message.config
    if (hard.config.term < term || (hard.config.term === term && hard.config.version < version)) fail('config')
  }
  if (message.type === 'append-response' || message.type === 'heartbeat-response' || message.type === 'table') {
    const { epoch, term, index } = message.synced
    const { synced } = durable!
    if (synced.epoch < epoch || (synced.epoch === epoch && (synced.term < term || (synced.term === term && synced.index < index)))) fail('register')
  }
}

/** E5: its own vote counts when it is on the disk. */
export function checkOwnVote (id: string, term: number, { durable }: ElectionView): void {
  const hard = durable?.hard
  if (hard === undefined || hard.term < term || (hard.term === term && hard.vote !== id)) throw new Violation('E5', `${id} leads in term ${term} before its own vote is durable`)
}

/** E8: a majority of the leader's own config, and nobody else, made it leader. */
export function checkWon (id: string, config: Config, term: number, disks: Disks): void {
  const there = config.voters.filter(voter => {
    const hard = disks.get(voter.id)?.hard
    // one that died, or lost its disk, may have voted before
    if (hard === undefined || hard.incarnation !== voter.incarnation || hard.config?.group !== config.group) return true
    return hard.term >= term
  })
  if (there.length < majorityOf(config)) throw new Violation('E8', `${id} leads in term ${term}, in which only ${there.length} of ${config.voters.length} voters are`)
}

/** E6: only from a config that a majority of its voters hold, by one voter. */
export function checkReconfiguration (id: string, from: Config, to: Config, disks: Disks): void {
  const holders = from.voters.filter(voter => {
    const hard = disks.get(voter.id)?.hard
    if (hard === undefined || hard.incarnation !== voter.incarnation || hard.config?.group !== from.group) return true
    return hard.config.term > from.term || (hard.config.term === from.term && hard.config.version >= from.version)
  })
  if (holders.length < majorityOf(from)) {
    throw new Violation('E6', `${id} went on to config ${to.term}.${to.version} when only ${holders.length} of ${from.voters.length} voters had ${from.term}.${from.version}`)
  }
  const key = (voter: { id: string, incarnation: string }): string => `${voter.id} ${voter.incarnation}`
  const [before, after] = [from.voters.map(key), to.voters.map(key)]
  const changed = before.filter(seat => !after.includes(seat)).length + after.filter(seat => !before.includes(seat)).length
  if (changed > 1) throw new Violation('E6', `${id} changed ${changed} seats at once`)
}

/** E7: what was committed lies on a majority of the config that is being left (OplogCommitment). */
export function checkCommitted (id: string, from: Config, committed: ReadonlyMap<string, Rank> | undefined, disks: Disks): void {
  for (const [key, rank] of committed ?? []) checkHeld(`${id} changes the voters while`, from, key, rank, disks)
}

/** E7: a majority holds it, with this rank or a later one. */
export function checkHeld (who: string, config: Config, key: string, rank: Rank, disks: Disks): void {
  const holders = config.voters.filter(voter => {
    const durable = disks.get(voter.id)
    if (durable?.hard.incarnation !== voter.incarnation || durable.hard.config?.group !== config.group) return true
    const entry = durable.entries.find(entry => entry.key === key)
    // its mark may have been dropped
    return entry === undefined ? compareTokens(durable.synced, rank) >= 0 : compareRanks(entry.rank, rank) >= 0
  })
  if (holders.length < majorityOf(config)) throw new Violation('E7', `${who}: ${key}, committed, is on ${holders.length} of ${config.voters.length}`)
}

function compareRanks (a: Rank, b: Rank): number {
  return compareTokens(a, b) || a.index - b.index
}
