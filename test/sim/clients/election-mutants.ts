/** Election cores with one mistake each: the production code with one piece of it replaced, so nothing in there knows of this. */
import { electionClient } from './election.ts'
import { compileMutant } from './mutate.ts'
import type { MakeCore } from './election-process.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Replacement } from './mutate.ts'

interface Mutation extends Replacement {
  /** Seed that finds it, for the tests: the table of `npm run sim:canaries` begins with the first. */
  readonly from?: number
}

export const MUTATIONS: readonly Mutation[] = [
  { name: 'does not persist its vote', file: 'state', find: "type: 'save', id, hard: this.hard }", replace: "type: 'save', id, hard: { ...this.hard, vote: undefined } }" },
  { name: 'sends before it has saved', file: 'state', find: 'after: this.isDurable(after) ? 0 : after', replace: 'after: 0' },
  { name: 'counts its own vote before it is durable', file: 'votes', find: ' || !core.isDurable(run.save)', replace: '' },
  { name: 'takes half for a majority', file: 'order', find: 'Math.floor(voters / 2) + 1', replace: 'Math.max(1, Math.floor(voters / 2))' },
  { name: 'has no PreVote', file: 'votes', find: "campaign(core, 'prevote')\n}", replace: "campaign(core, 'vote')\n}" },
  { name: 'bumps the term in a PreVote', file: 'votes', find: 'const granted = asked > core.hard.term', replace: 'const granted = asked > core.hard.term\n    becomeFollower(core, asked)' },
  { name: 'does not wait after a restart', file: 'state', find: 'this.contact = durable?.hard.config === undefined ? undefined : time', replace: 'this.contact = undefined', from: 620 },
  { name: 'forgets the drift in its lease', file: 'clock', find: 'timeout * (1 - RHO) / (1 + RHO) - DELTA', replace: 'timeout', from: 765 },
  { name: 'measures its lease by the wall clock only', file: 'clock', find: '{ now: sent.now + length,', replace: '{ now: Infinity,', from: 650 },
  { name: 'measures its promise by the wall clock only', file: 'clock', find: 'time.now - since.now >= ms && ', replace: '', from: 108 },
  { name: 'changes a config that is not on a majority', file: 'reconfigure', find: 'if (!configCommitted(core, lead))', replace: 'if (false)' },
  {
    name: 'counts learners',
    file: 'leader',
    find: 'const rounds = config.voters.map(',
    replace: "const rounds = [...config.voters, ...lead.standbys.map(id => ({ id, incarnation: lead.followers.get(id)?.incarnation ?? '' }))].map(",
    from: 66
  },
  {
    name: 'takes the visible voters for all',
    file: 'votes',
    find: 'majority(config.voters.length)) return',
    replace: 'majority(config.voters.filter(({ id }) => id === core.self || core.connected.has(id)).length)) return'
  },
  { name: 'lets an adopted entry keep its old rank', file: 'authority', find: 'const adopted = { ...entry, rank: this.#next() }', replace: 'const adopted = (this.#next(), entry)' },
  { name: 'changes the config without OplogCommitment', file: 'reconfigure', find: 'if (!lead.register.settled())', replace: 'if (false)', from: 578 },
  { name: 'believes a stranger about the config', file: 'trust', find: 'if (hasSeat(core.config, from, incarnation)) return true', replace: 'return true', from: 21 },
  { name: 'takes the config of a stranger who asks for a vote', file: 'votes', find: 'if (!hasSeat(known, from, message.incarnation)) {', replace: 'if (false) {', from: 21 },
  { name: 'follows a stranger', file: 'following', find: 'message.term < hard.term || !hasSeat(core.config, from, message.incarnation)', replace: 'message.term < hard.term', from: 21 },
  { name: 'joins a recovery that a stranger asks for', file: 'founding', find: "core.voting && !hasSeat(own, from, incarnation) ? 'not asked by a voter of its group' : undefined", replace: 'undefined', from: 110 },
  { name: 'believes in any epoch', file: 'founding', find: 'return epoch <= Math.max(', replace: 'return true || epoch <= Math.max(', from: 21 },
  { name: 'founds a lost group anew with an epoch of its clock', file: 'founding', find: 'return Math.max(created, ', replace: 'return Math.max(created, 0 * ', from: 69 },
  { name: 'takes a promise that is too short', file: 'leader', find: 'if (core.strict && message.promise < core.timeout)', replace: 'if (false)', from: 620 },
  {
    name: 'takes each part of an append as it comes',
    file: 'following',
    find: 'if (!message.last) {',
    replace: 'if (!message.last) {\n    for (const entry of message.entries) table.put(entry)\n    core.saveTable(message.entries)'
  },
  { name: 'tells a new leader only what is above, though deletion marks are gone', file: 'following', find: ' || compareRanks(since, table.dropped) < 0', replace: '' },
  { name: 'brings a follower only what is above, though deletion marks are gone', file: 'authority', find: 'known && compareRanks(from, core.table.dropped) >= 0', replace: 'known', from: 112 },
  { name: 'never founds', file: 'founding', find: 'if (waited < 0 || time.now - core.seenGroupAt', replace: 'if (true || time.now - core.seenGroupAt' },
  { name: 'never forms a lost group anew', file: 'founding', find: "if (config?.kind !== 'default' || core.leader !== undefined || waited < 0", replace: "if (true || config?.kind !== 'default' || waited < 0" },
  { name: 'forms a group anew that others still reach', file: 'founding', find: 'if (!core.orphaned && livesOn(', replace: 'if (false && livesOn(', from: 415 },
  { name: 'gives way to no other group', file: 'groups', find: 'const verdict = beats(theirs, own)', replace: 'const verdict = beats(theirs, own) && false', from: 69 },
  { name: 'never raises its epoch above one that it has seen', file: 'autopilot', find: 'if (hard.highestEpoch <= config!.epoch) return false', replace: 'return false', from: 69 },
  { name: 'leaves though its heir lacks a write', file: 'leaving', find: 'lead.closing = heir !== undefined || (others.length === 0 && hasHeirs(core, lead))', replace: 'lead.closing = heir !== undefined', from: 29 },
  { name: 'makes no room for a voter that leaves beside a dead one', file: 'autopilot', find: 'if (leavers[0] !== undefined) return makeRoom(core, lead, others, leavers[0])', replace: '', from: 585 },
  { name: 'believes in no line of signed configs', file: 'proof', find: 'if (core.proof === undefined || core.time.now - core.proof.at > ANSWER) goOn(', replace: 'if (false) goOn(', from: 60 },
  { name: 'believes any signature', file: 'proof', find: 'if (!ok) return', replace: 'if (false) return', from: 33 },
  { name: 'believes what anybody has signed', file: 'lineage', find: 'id === signed.by && hasSeat(known, id, incarnation)', replace: 'id === signed.by', from: 28 },
  { name: 'founds a recovery without waiting', file: 'founding', find: "if (config.kind !== 'recover') campaign", replace: 'campaign', from: 40 },
  { name: 'follows no operator who gave its group up', file: 'groups', find: "return theirs.kind === 'recover' || own", replace: 'return own' },
  { name: 'follows an operator only once', file: 'groups', find: "return theirs.kind === 'recover' || own", replace: "return (theirs.kind === 'recover' && theirs.replaces === own.group) || own", from: 30 },
  { name: 'stays in a set that so many have left that nobody can win in it', file: 'groups', find: ' || own.voters.length - gone.length < majority(own.voters.length)', replace: '', from: 13 },
  { name: 'tells of its pledge before it is durable', file: 'founding', find: "why: why ?? '', firm: message.firm })", replace: "why: why ?? '', firm: message.firm }, 0)" },
  { name: 'leaves the group to one that has just died', file: 'autopilot', find: 'connected.has(id) && time.now - follower.contact < timeout && follower.round >= round', replace: 'time.now - follower.contact < timeout' },
  { name: 'never stands for election once it leaves', file: 'votes', find: 'if (!core.voting || core.broken) {', replace: 'if (!core.voting || core.broken || core.leaving) {', from: 489 },
  { name: 'saves only its vote again after a refusal', file: 'state', find: 'if (this.#tabled) this.saveTable([...this.table.entries], true)', replace: '', from: 20 },
  { name: 'takes no notice of a save that was refused', file: 'election', find: "core.saveFailed(input.reason)\n        if (core.role !== 'follower')", replace: "core.problem('storage-failed', input.reason)\n        if (false)", from: 33 },
  { name: 'never saves again what was refused', file: 'election', find: 'if (core.saveAgainAt <= now) core.saveAgain()', replace: 'if (core.saveAgainAt <= now) core.saveAgainAt = Infinity', from: 33 },
  { name: 'votes although its identity is in use elsewhere', file: 'election', find: 'if (active && !core.conflict) {', replace: 'if (active) return\n    if (!core.conflict && active) {' },
  { name: 'reads without a lease or a round', file: 'authority', find: '!(leased || lead.quorumRound >= round)', replace: 'false', from: 25 }
]

/** @throws when what it replaces is not there (any more), exactly once */
export async function mutant (mutation: Mutation): Promise<ClientFactory> {
  const entry = "export { createElection } from './election.core.ts'"
  const { createElection } = await compileMutant(new URL('../../../src/election/', import.meta.url), entry, mutation) as { createElection: MakeCore }
  return electionClient(mutation.name, createElection)
}
