/** Carries out what the schedule says, and counts only what really happened. */
import type { Fault } from './types.ts'
import type { World } from './world.ts'
import type { SimNode } from './node.ts'
import { createRandom, hashString } from '../../../src/util/random.core.ts'

/** Ms after which one that does not hear the leader wants to lead. */
const RIVAL_WAITS = 2_500

export function applyFault (world: World, fault: Fault): void {
  if (world.healed) return
  world.disturb()
  switch (fault.kind) {
    case 'kill': case 'poweroff': crash(world, fault); break
    case 'stall': case 'freeze': case 'stop': case 'sleep': {
      const node = running(world, fault.node)
      if (node === undefined) return
      node.freeze(fault.ms, fault.kind === 'sleep')
      world.count(fault.kind)
      break
    }
    case 'clockJump':
      world.nodes.get(fault.node)?.jump(fault.ms)
      world.count(fault.kind)
      break
    case 'reset':
      if (!world.network.connected(fault.a, fault.b)) return
      world.network.close(fault.a, fault.b)
      world.count(fault.kind)
      break
    case 'slow':
      world.network.conditions.factor = fault.factor
      world.after(fault.ms, () => {
        world.disturb()
        world.network.conditions.factor = 1
      })
      world.count(fault.kind)
      break
    case 'command': {
      const node = running(world, fault.node)
      if (node === undefined) return
      node.process?.command?.(fault.name, fault.argument)
      world.count(fault.name)
      break
    }
    case 'leader': {
      const node = world.client.leader?.()
      if (node === undefined) return
      for (const next of strike(world, node, fault)) world.after(next.at - world.now, () => applyFault(world, next))
      world.count('leaders struck')
      break
    }
    default:
      if (fault.links.length === 0) return
      world.network.cut(fault.links)
      world.after(fault.ms, () => {
        world.disturb()
        world.network.heal(fault.links)
      })
      world.count(fault.kind)
  }
}

function strike (world: World, node: string, { how, ms }: Extract<Fault, { kind: 'leader' }>): Fault[] {
  const at = world.now
  const others = world.ids.filter(id => id !== node)
  const cut = (kind: 'isolate' | 'halves' | 'pair', length: number, from: readonly string[]): Fault => {
    return { kind, at, ms: length, links: from.flatMap((id): Array<[string, string]> => [[node, id], [id, node]]) }
  }
  switch (how) {
    case 'kill': return [{ kind: 'kill', at, node, back: ms, disk: 'keep' }]
    case 'freeze': return [{ kind: 'freeze', at, node, ms }]
    case 'isolate': return [cut('isolate', ms, others)]
    // it still reaches every second one
    case 'halves': return [cut('halves', ms, others.filter((_, i) => i % 2 === 0))]
    case 'drop': return [...others.map((b): Fault => ({ kind: 'reset', at, a: b, b: node })), { ...cut('isolate', ms, others), at: at + 0.01 }]
    case 'setBack': return [cut('isolate', ms, others), { kind: 'clockJump', at: at + 1, node, ms: -60_000 }]
    default: {
      const [rival = node, ...rest] = others
      const later = at + RIVAL_WAITS + (ms % 200)
      return [cut('pair', RIVAL_WAITS + 2_000, [rival]), ...rest.map((id): Fault => {
        return how === 'rivalJump' ? { kind: 'clockJump', at: later, node: id, ms: 60_000 } : { kind: 'kill', at: later, node: id, back: 5 + ms % 50, disk: 'keep' }
      })]
    }
  }
}

function crash (world: World, fault: Extract<Fault, { kind: 'kill' | 'poweroff' }>): void {
  const node = world.nodes.get(fault.node)
  if (node?.status !== 'up') return
  const { life } = node
  node.stop(fault.kind === 'kill' ? 'dead' : 'off')
  world.network.drop(node.id, fault.kind === 'poweroff')
  const { lost, torn } = node.disk.crash(fault.disk, createRandom(hashString(node.id, world.scenario.seed + life)))
  world.count(fault.kind)
  if (fault.disk === 'wipe' && lost > 0) world.count('wipe')
  if (torn) world.count('torn')
  world.trace(fault.kind, node.id)
  if (fault.back === undefined) return
  node.returning = true
  world.after(fault.back, () => { if (node.life === life) restart(world, node) })
}

function restart (world: World, node: SimNode): void {
  if (!node.returning) return
  node.returning = false
  world.count('restarts')
  world.disturb()
  node.start()
}

/** Links carry again, the network is good, nothing is dropped, all who were to come back are. Who is gone for ever stays so. */
export function healEverything (world: World): void {
  const { network, scenario } = world
  world.disturb()
  Object.assign(network.conditions, { factor: 1, drop: 0, duplicate: 0, reorder: 0 })
  for (const from of scenario.ids) {
    for (const to of scenario.ids) {
      while (network.isCut(from, to)) network.heal([[from, to]])
    }
  }
  for (const node of world.nodes.values()) {
    if (node.frozen && node.frozenUntil < Infinity) node.thaw()
    restart(world, node)
  }
}

function running (world: World, id: string): SimNode | undefined {
  const node = world.nodes.get(id)
  return node?.status === 'up' && !node.frozen ? node : undefined
}
