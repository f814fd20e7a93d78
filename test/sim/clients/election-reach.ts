/** When a node last reached whom, though perhaps not all at once. */
import { peerOf } from '../kernel/types.ts'
import type { Config } from '../../../src/election/types.core.ts'
import type { World } from '../kernel/world.ts'

export class Reach {
  readonly #world: World
  /** When a node last reached each voter. */
  readonly #reached = new Map<string, Map<string, number>>()

  constructor (world: World) {
    this.#world = world
  }

  /** When the node last reached a majority; now, while it needs nobody else. */
  majority (id: string, config: Config | undefined): number {
    const { network, now } = this.#world
    const reached = this.#reached.get(id) ?? new Map<string, number>()
    this.#reached.set(id, reached)
    for (const { id: other, status } of this.#world.nodes.values()) {
      // a copy answers with the same name
      if ((status === 'up' || peerOf(other) === other) && (!network.isCut(other, id) || !network.isCut(id, other))) reached.set(peerOf(other), now)
    }
    const times = (config?.voters ?? []).map(voter => voter.id === peerOf(id) ? Infinity : reached.get(voter.id) ?? -Infinity)
    return times.sort((a, b) => b - a)[Math.floor(times.length / 2)] ?? Infinity
  }
}
