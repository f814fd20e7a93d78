/** Leases: E3, E4 and E9. */
import { Violation } from '../kernel/types.ts'
import { compareTokens } from './election-checks.ts'
import { holds, isStrict, processOf } from './election-sight.ts'
import type { ElectionView } from './election-process.ts'
import type { Reach } from './election-reach.ts'
import type { Sight } from './election-sight.ts'
import type { Config, Token } from '../../../src/election/types.core.ts'

export class Leases {
  readonly #sight: Sight
  readonly #reach: Reach
  readonly #fence = new Map<number, Token>()
  readonly #every: number

  /** @param every - milliseconds between two looks */
  constructor (sight: Sight, reach: Reach, every: number) {
    this.#sight = sight
    this.#reach = reach
    this.#every = every
  }

  /** E3 and E4: leases never overlap in true time, and their tokens grow. */
  checkLease (id: string, view: ElectionView, token: Token): void {
    const { group, config } = view.core.status(view.time())
    if (isStrict(view)) {
      for (const node of this.#sight.up()) {
        const other = processOf(node)
        if (node.id === id || this.#sight.isLiars(node.id) || !isStrict(other) || !holds(other)) continue
        const theirs = other.core.status(other.time()).config
        // an operator says that the group before is gone: its last lease is, too
        if (theirs?.group !== group && !isRecoveryOf(config, theirs) && !isRecoveryOf(theirs, config)) continue
        throw new Violation('E3', `${id} and ${node.id} have leases at once, of groups ${group} and ${theirs?.group}, in terms ${token.term} and ${other.lease?.token.term}`)
      }
      // who founds a lost group anew goes on from its tokens
      const before = config?.kind === 'recover' || !this.#fence.has(group) ? this.#fence.get(config?.replaces ?? 0) : undefined
      const highest = [this.#fence.get(group), before].reduce((a, b) => a === undefined || (b !== undefined && compareTokens(b, a) > 0) ? b : a, undefined)
      if (highest !== undefined && compareTokens(token, highest) < 0) {
        throw new Violation('E4', `${id} leads with ${token.epoch}/${token.term} after ${highest.epoch}/${highest.term}`)
      }
      this.#fence.set(group, token)
    }
    this.#sight.world.count('leases')
  }

  /** E9: who reaches no majority has no lease after T. */
  checkCutOff (now: number): void {
    const allowed = this.#sight.timeout / 0.98 + 10 + this.#every
    for (const node of this.#sight.up().filter(({ id }) => !this.#sight.isLiars(id))) {
      const { config } = processOf(node).core.status(processOf(node).time())
      const since = now - this.#reach.majority(node.id, config)
      // a lease that was earned with another config lasts
      if (Math.min(since, now - (this.#sight.changedAt.get(node.id) ?? 0)) > allowed && isStrict(processOf(node)) && holds(processOf(node))) throw new Violation('E9', `${node.id} is cut off for ${Math.round(since)} ms and has a lease`)
    }
  }
}

function isRecoveryOf (config: Config | undefined, before: Config | undefined): boolean {
  return config?.kind === 'recover' && before !== undefined && config.replaces === before.group
}
