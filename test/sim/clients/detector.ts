/** What must hold for the failure detector and the view. */
import { Violation } from '../kernel/types.ts'
import { DetectorProcess } from './detector-process.ts'
import type { Mutation } from './detector-process.ts'
import type { ClientFactory } from '../kernel/run.ts'
import type { Client, Fault, FaultKind, SimEvent } from '../kernel/types.ts'
import type { SimNode } from '../kernel/node.ts'
import type { World } from '../kernel/world.ts'
import type { Random } from '../../../src/util/random.core.ts'

/** Before a judgement, this long nothing may have been wrong with the judged, or with the way to it. */
const WINDOW = 15_000
/** A process that stood still for less than this in the window counts as well. */
const TOLERATED_STALL = 2_000
/** Removal of a killed, and of a silent node, when nothing else was wrong; and whatever was wrong before. */
const KILL_BOUND = 3_000
const SILENT_BOUND = 6_000
const TROUBLED_BOUND = 15_000
const CHECK_EVERY = 100

const FAULTS: readonly FaultKind[] = [
  'kill', 'poweroff', 'wipe', 'torn', 'stall', 'freeze', 'stop', 'sleep', 'clockJump', 'halves', 'isolate', 'ring', 'pair', 'oneWay', 'reset', 'ambush', 'slow',
  'lossy', 'slowDisk', 'drift'
]

export function detectorClient (name = 'detector', mutation: Mutation = {}): ClientFactory {
  return {
    name,
    faults: FAULTS,
    workload: leaves,
    mustHappen: ['suspicions', 'cleared', 'refutations', 'removals', 'restarts', 'leave', 'strict kills', 'strict silences'],
    create: world => new DetectorClient(world, mutation)
  }
}

function leaves (random: Random, ids: readonly string[], until: number): Fault[] {
  if (!random.chance(0.3)) return []
  return [{ kind: 'command', at: random.between(5_000, until), node: random.pick(ids) ?? '', name: 'leave', argument: undefined }]
}

class DetectorClient implements Client {
  readonly name = 'detector'
  readonly faults = FAULTS
  readonly mustHappen = []
  readonly settleTime = 10_000
  readonly #world: World
  readonly #mutation: Mutation
  /** What the events of a process's present life say it sees. */
  readonly #seen = new Map<string, { life: number, nodes: Set<string>, services: Set<string> }>()
  #nextCheck = 0

  constructor (world: World, mutation: Mutation) {
    this.#world = world
    this.#mutation = mutation
  }

  create (): DetectorProcess {
    return new DetectorProcess(this.#mutation)
  }

  observe (id: string, event: SimEvent): void {
    if (event.type === 'down') this.#checkRemoval(id, String(event['id']))
    else this.#checkEvent(id, event)
  }

  check (): void {
    if (this.#world.now < this.#nextCheck) return
    this.#nextCheck = this.#world.now + CHECK_EVERY
    for (const observer of this.#running()) {
      this.#checkConsistency(observer)
      for (const node of this.#world.nodes.values()) this.#checkGone(observer, node)
    }
  }

  settled (): string | undefined {
    const running = this.#running()
    const live = running.map(node => node.id).sort().join()
    for (const node of running) {
      const seen = processOf(node).view.nodes().map(info => info.id).join()
      if (seen !== live) return `${node.id} sees ${seen}, live are ${live}`
      const suspects = processOf(node).view.nodes().filter(info => info.state === 'suspect')
      if (suspects.length > 0) return `${node.id} still suspects ${suspects.map(info => info.id).join()}`
    }
    return undefined
  }

  #running (): SimNode[] {
    return this.#world.up().filter(node => !node.frozen && node.process !== undefined && processOf(node).running)
  }

  /** No live node that can be reached, and did not stand still for long, is given up. */
  #checkRemoval (by: string, id: string): void {
    if (!this.#isWell(id)) return
    if (this.#reaches(by, id)) throw new Violation('false removal', `${by} gave up ${id}, which is well`)
    const others = this.#world.ids.filter(other => other !== by && other !== id)
    const helped = others.length > 0 && others.every(other => this.#isWell(other) && this.#reaches(by, other) && this.#reaches(other, id))
    if (helped) throw new Violation('false removal', `${by} gave up ${id}, which all others reach`)
  }

  #isWell (id: string): boolean {
    const node = this.#world.nodes.get(id)!
    const from = this.#world.now - WINDOW
    return node.status === 'up' && processOf(node).running && node.since < from && node.stalledSince(from) <= TOLERATED_STALL
  }

  #reaches (a: string, b: string): boolean {
    return this.#world.network.lastCut(a, b) < this.#world.now - WINDOW
  }

  /** Who is gone is out of every view soon. */
  #checkGone (observer: SimNode, node: SimNode): void {
    const { now, disturbedAt, disturbedBefore, scenario } = this.#world
    const silent = node.status === 'off' || node.frozenUntil === Infinity
    if (node.status === 'up' && !silent) return
    const since = silent && node.status === 'up' ? node.frozenSince : node.since
    const last = processOf(observer).view.get(node.id)
    if (last === undefined) return
    const calm = disturbedAt <= since && since - disturbedBefore > WINDOW && scenario.drop === 0
    const bound = !calm ? TROUBLED_BOUND : silent ? SILENT_BOUND : KILL_BOUND
    if (now - Math.max(since, calm ? 0 : disturbedAt) > bound) {
      throw new Violation('not removed', `${observer.id} still sees ${node.id}, gone for ${Math.round(now - since)} ms${calm ? '' : ' (troubled)'}`)
    }
    if (calm) this.#world.count(silent ? 'strict silences' : 'strict kills')
  }

  #checkConsistency (node: SimNode): void {
    const { view } = processOf(node)
    if (view.get(node.id) === undefined) throw new Violation('self', `${node.id} does not see itself`)
    const seen = this.#seenBy(node)
    const nodes = view.nodes()
    if (nodes.length !== seen.nodes.size || nodes.some(info => !seen.nodes.has(info.id))) throw new Violation('events', `node events of ${node.id} do not add up`)
    const services = view.services()
    if (services.join() !== [...seen.services].sort().join()) throw new Violation('events', `service events of ${node.id} do not add up`)
    if (services.some(service => view.nodes(service).length === 0)) throw new Violation('services', `${node.id} has a service without nodes`)
  }

  #checkEvent (id: string, event: SimEvent): void {
    const seen = this.#seenBy(this.#world.nodes.get(id)!)
    const [subject, verb] = event.type.split(':')
    const set = subject === 'node' ? seen.nodes : seen.services
    const key = subject === 'node' ? (event['node'] as { id: string }).id : String(event['service'])
    const wrong = verb === 'add' ? set.has(key) : !set.has(key)
    if (wrong) throw new Violation('events', `${id}: ${event.type} of ${key} out of turn`)
    if (verb === 'add') set.add(key)
    else if (verb === 'remove') set.delete(key)
  }

  #seenBy (node: SimNode): { nodes: Set<string>, services: Set<string> } {
    let seen = this.#seen.get(node.id)
    if (seen?.life !== node.life) this.#seen.set(node.id, seen = { life: node.life, nodes: new Set(), services: new Set() })
    return seen
  }
}

function processOf (node: SimNode): DetectorProcess {
  return node.process as DetectorProcess
}
