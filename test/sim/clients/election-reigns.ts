/** Terms, votes, configs: E1, E2, E5, E6, E8, and what a new leader must have read before it answers. */
import { peerOf, Violation } from '../kernel/types.ts'
import { checkCommitted, checkDurable, checkOwnVote, checkReconfiguration, checkWon, compareTokens, majorityOf } from './election-checks.ts'
import type { ElectionView } from './election-process.ts'
import type { History } from './election-history.ts'
import type { Meetings } from './election-meeting.ts'
import type { Reach } from './election-reach.ts'
import type { Sight } from './election-sight.ts'
import type { Message } from '../../../src/election/messages.core.ts'
import type { Config, Durable, HardState, Token } from '../../../src/election/types.core.ts'
import type { SimEvent } from '../kernel/types.ts'

export class Reigns {
  readonly #sight: Sight
  readonly #history: History
  readonly #reach: Reach
  readonly #meetings: Meetings
  readonly #leaders = new Map<string, string>()
  /** Terms that a candidate voted for itself in. */
  readonly #begun = new Set<string>()
  /** Terms that a leader asked its successor to begin. */
  readonly #asked = new Set<string>()
  /** By group and term, what each seat held when it entered it. */
  readonly #promised = new Map<string, Map<string, Durable | undefined>>()
  readonly #votes = new Map<string, string>()

  constructor (sight: Sight, history: History, reach: Reach, meetings: Meetings) {
    this.#sight = sight
    this.#meetings = meetings
    this.#history = history
    this.#reach = reach
  }

  /** A leader changed its config. */
  checkConfig (id: string, key: string, last: Config | undefined, config: Config | undefined): void {
    if (last === undefined || config === undefined || last.term !== config.term || last.version === config.version) return
    if (this.#leaders.get(`${config.group} ${config.term}`) !== key) return
    this.#sight.world.count('reconfigurations')
    this.#sight.changedAt.set(id, this.#sight.world.now)
    checkReconfiguration(id, last, config, this.#sight.disks())
    this.#meetings.shrunk(id, last, config)
    if (!this.#sight.doubles.had(config.group)) checkCommitted(id, last, this.#history.committed.get(config.group), this.#sight.disks())
  }

  /** PreVote: a term begins only when a majority would vote for it, and nobody enters one that nobody began. */
  checkTerm (id: string, { config, term, vote }: HardState): void {
    const name = `${config?.group} ${term}`
    if (vote !== peerOf(id)) {
      if (!this.#begun.has(name)) throw new Violation('PreVote', `${id} entered term ${term}, which no candidate began`)
      return
    }
    this.#begun.add(name)
    if (this.#asked.has(name)) return
    const reached = this.#reach.majority(id, config)
    // answers that came while it was frozen are heard when it wakes
    const since = this.#sight.world.now - reached - (Number.isFinite(reached) ? this.#sight.world.nodes.get(id)!.stalledSince(reached) : 0)
    const allowed = 3 * this.#sight.timeout + 2_000 + 3 * this.#sight.world.scenario.fsync
    if (since > allowed && since < Infinity) throw new Violation('PreVote', `${id} began term ${term} though it reached no majority for ${Math.round(since)} ms`)
  }

  /** E5, and E2 across crashes: what was told counts. */
  checkSent (id: string, to: string, message: Message, view: ElectionView): void {
    checkDurable(id, message, view)
    if (message.type === 'timeout-now') this.#asked.add(`${message.group} ${message.term + 1}`)
    if (message.type === 'heartbeat-response' && message.round > 0) this.#remember(message.group, message.term, view)
    if (message.type === 'vote-response' && message.granted) this.#voted(`${peerOf(id)} ${message.incarnation} ${message.group} ${message.term}`, to)
  }

  /** E2. A candidate votes for itself when it wins, not when it asks: a crash between the two may make it forget. */
  #voted (key: string, granted: string): void {
    const before = this.#votes.get(key)
    if (before !== undefined && before !== granted) throw new Violation('E2', `${key}: voted for ${before} and ${granted}`)
    this.#votes.set(key, granted)
  }

  checkChange (id: string, life: number, event: SimEvent): void {
    const config = event['config'] as Config | undefined
    const key = `${id}/${life}`
    if (config?.kind === 'recover') this.#history.recovered.add(config.group)
    if (event['state'] !== 'leader' || config === undefined) return
    if (!config.voters.some(voter => voter.id === peerOf(id))) throw new Violation('E6', `${id} leads a group that it has no seat in`)
    const { term } = event['token'] as Token
    const reign = `${config.group} ${term}`
    const other = this.#leaders.get(reign)
    if (other !== undefined && other !== key) throw new Violation('E1', `${other} and ${key} both lead group ${config.group} in term ${term}`)
    if (other === undefined) {
      const view = event['view'] as ElectionView
      this.#sight.world.count('elections')
      checkOwnVote(peerOf(id), term, view)
      this.#voted(`${peerOf(id)} ${view.durable!.hard.incarnation} ${config.group} ${term}`, peerOf(id))
      checkWon(id, config, term, this.#sight.disks())
    }
    this.#leaders.set(reign, key)
  }

  /** What a node held when it first answered a leader of that term, and so refused all lower ones. */
  #remember (group: number, term: number, { durable }: ElectionView): void {
    const name = `${group} ${term}`
    const held = this.#promised.get(name) ?? new Map<string, Durable | undefined>()
    this.#promised.set(name, held)
    const seat = durable?.hard.incarnation ?? ''
    if (!held.has(seat)) held.set(seat, durable)
  }

  /** E7, Raft fig. 8: what a leader serves under an old rank was on a majority that refused lower terms, with that rank. */
  checkReady (id: string, { term }: Token, view: ElectionView): void {
    const { config } = view.core.status(view.time())
    if (config === undefined || this.#sight.doubles.had(config.group)) return
    this.#remember(config.group, term, view)
    const held = this.#promised.get(`${config.group} ${term}`)
    for (const { key, rank } of view.core.entries()) {
      if (rank.term === term) continue
      const holders = config.voters.filter(voter => held?.get(voter.incarnation)?.entries.some(entry => entry.key === key && compareTokens(entry.rank, rank) === 0 && entry.rank.index === rank.index))
      if (holders.length < majorityOf(config)) throw new Violation('E7', `${id} serves ${key} in term ${term} with its rank of term ${rank.term}, which ${holders.length} of ${config.voters.length} had`)
    }
  }
}
