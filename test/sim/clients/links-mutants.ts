/**
 * Cores of links, and of the register that they stand in, with one mistake each: the production code with one piece of it
 * replaced. Those of the register itself are in the table of the election.
 */
import { compileMutant } from './mutate.ts'
import { linksClient } from './links.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Cores } from './links-process.ts'
import type { Replacement } from './mutate.ts'

interface Mutation extends Replacement {
  /** First of the 2 000 seeds. */
  readonly from?: number
}

export const MUTATIONS: readonly Mutation[] = [
  { name: 'runs a call under an older link than its caller knows', file: 'held', find: "return order >= 0 ? 'run' : 'ask'", replace: "return 'run'" },
  { name: 'forgets that a token was asked back', file: 'held', find: 'this.#set(new Held(parent, token, { node: \'\', incarnation: 0, rank }, false, before?.own))', replace: 'void [parent, token, rank]', from: 59 },
  { name: 'believes late word of an older link', file: 'held', find: 'if (before !== undefined && (order < 0 || (order === 0 && before.mine === mine))) return before', replace: '', from: 28 },
  { name: 'lets its cache go back', file: 'cache', find: 'if (compareRanks(link.rank, entry.rank) < 0) return entry.known\n    entry.rank', replace: 'entry.rank', from: 118 },
  { name: 'links a token anew while its node lives', file: 'decide', find: 'if (live !== undefined || question.propose.length === 0)', replace: 'if (question.propose.length === 0)' },
  { name: 'unlinks nothing', file: 'decide', find: "{ type: 'write', place: undefined, former: live }", replace: "{ type: 'answer', link: undefined }" },
  { name: 'unlinks without a mark that it did', file: 'table', find: 'this.entries.set(entry)', replace: 'if (entry.value !== undefined) this.entries.set(entry)' },
  { name: 'takes a link to an earlier life for one that lives', file: 'lives', find: 'return info.incarnation <= incarnation && ', replace: 'return ', from: 53 },
  { name: 'counts its lease from the answer', file: 'lease', find: 'this.#until = after(asked, LEASE)', replace: 'this.#until = after(time, LEASE)', from: 106 },
  { name: 'forgets the drift in what it grants', file: 'lease', find: 'LEASE * (1 + DRIFT) / (1 - DRIFT) + MARGIN', replace: 'LEASE', from: 1_013 },
  { name: 'thinks of the drift of one clock only', file: 'lease', find: '(1 + DRIFT) / (1 - DRIFT)', replace: '(1 + DRIFT)', from: 1_013 },
  { name: 'knows nothing of what leaders before have granted', file: 'lease', find: 'return hasPassed(this.#before, time) && ', replace: 'return ', from: 2 },
  { name: 'measures its lease by a clock that stands still in sleep', file: 'lease', find: 'isBefore(time, this.#until)', replace: 'time.now < this.#until.now', from: 42 },
  { name: 'measures what it grants by a clock that can be set forward', file: 'lease', find: 'return time.now >= end.now', replace: 'return time.wall >= end.wall', from: 100 },
  { name: 'measures what it grants by a clock that can be set back, too', file: 'lease', find: 'return time.now >= end.now', replace: 'return time.now >= end.now && time.wall >= end.wall', from: 100 }
]

const ENTRY = ['election/election', 'links/cache', 'links/decide', 'links/held', 'links/lease', 'links/lives'].map(name => `export * from './${name}.core.ts'`).join('\n')

/** @throws when what it replaces is not there (any more), exactly once */
export async function mutant (mutation: Mutation): Promise<ClientFactory> {
  return linksClient(mutation.name, await compileMutant(new URL('../../../src/', import.meta.url), ENTRY, mutation) as Cores)
}
