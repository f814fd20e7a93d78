/** What the checks of the election's client look at: honest nodes, their disks, and who believed a liar. */
import { createRandom } from '../../../src/util/random.core.ts'
import { peerOf } from '../kernel/types.ts'
import { Doubles } from './election-doubles.ts'
import { isForged } from './election-liar.ts'
import type { Disks } from './election-checks.ts'
import type { ElectionProcess, ElectionView } from './election-process.ts'
import type { Setup } from './election-setup.ts'
import type { SimNode } from '../kernel/node.ts'
import type { World } from '../kernel/world.ts'
import type { Durable } from '../../../src/election/types.core.ts'

export class Sight {
  readonly world: World
  readonly setup: Setup
  /** The longest of any node. */
  readonly timeout: number
  readonly doubles: Doubles
  /** When each node last changed its config. */
  readonly changedAt = new Map<string, number>()

  constructor (world: World, setup: Setup) {
    this.world = world
    this.setup = setup
    this.timeout = Math.max(...world.ids.map(id => setup.options(id).profile?.timeout ?? 500))
    this.doubles = new Doubles(world, createRandom(world.scenario.seed).fork('doubles'), this.timeout)
  }

  /** Who had no group, or no leader for a while, and believed the liar: a peer can found what it likes, and who votes in that is his. */
  isLiars (id: string): boolean {
    const view = processOf(this.world.nodes.get(id)!)
    return isForged(view.core.status(view.time()).config)
  }

  /** Those that are honest. */
  up (): SimNode[] {
    return this.world.up().filter(({ id }) => peerOf(id) !== this.setup.liar)
  }

  /** What is on each disk, also of those that are dead. */
  disks (): Disks {
    return new Map([...this.world.nodes.values()].filter(({ id }) => peerOf(id) !== this.setup.liar).map(node => [node.id, node.process === undefined ? node.disk.read('state') as Durable | undefined : processOf(node).durable]))
  }
}

export function isStrict (view: ElectionView): boolean {
  return view.options.lease !== 'off'
}

export function holds (view: ElectionView): boolean {
  if (view.lease === undefined) return false
  const { now, wall } = view.time()
  return now < view.lease.until.now && wall < view.lease.until.wall
}

export function processOf (node: SimNode): ElectionProcess {
  return node.process as ElectionProcess
}
