/** Carries out what the schedule says, and counts only what really happened. */
import { cloneOf } from './types.ts'
import type { DiskFault, Fault, LeaderFault } from './types.ts'
import type { World } from './world.ts'
import { SimNode } from './node.ts'
import { createRandom, hashString } from '../../../src/util/random.core.ts'

/** Ms after which one that does not hear the leader wants to lead. */
const RIVAL_WAITS = 2_500
/** Ms after which it is known that one is dead. */
const BESIDE = 1_600
/** Ms between two that leave for good. */
const OUTGROWN = 4_000
/** Ms after which one that is cut off believes in no leader. */
const ABANDONED = 8_000
/** Ms after which one that was away while its group was founded anew twice comes back. */
const REGROUPED = 30_000
/** Ms within which one leaves when others were killed, and within which all leave. */
const BEREFT = 500
const EXODUS = 100
/** Lives of a copy are numbered from here. */
const CLONE_LIVES = 1_000
/** Largest error of a clock's rate. */
const RHO = 0.02

export function applyFault (world: World, fault: Fault): void {
  if (world.healed) return
  // what it comes to does
  if (fault.kind !== 'leader') world.disturb()
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
    case 'lose': {
      const { losses } = world.network
      const way = `${fault.from}>${fault.to}`
      losses.set(way, fault.share)
      world.after(fault.ms, () => {
        world.disturb()
        losses.delete(way)
      })
      world.count(fault.kind)
      break
    }
    case 'clone': clone(world, fault.node, fault.ms); break
    case 'refuse': {
      const node = world.nodes.get(fault.node)
      if (node !== undefined) node.refusesUntil = Math.max(node.refusesUntil, world.now + fault.ms)
      break
    }
    case 'sever': world.severs = fault.ms; break
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
      const faults = strike(world, node, fault)
      if (faults.length === 0) return
      for (const next of faults) world.after(next.at - world.now, () => applyFault(world, next))
      world.count(struckBy(fault.how))
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

/** What it is counted as. */
export function struckBy (how: LeaderFault): string {
  return `leader: ${how}`
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
    case 'leave': return [{ kind: 'command', at, node, name: 'leave', argument: { seat: true, stays: 0, back: ms } }]
    case 'beside': {
      const dead = world.client.followers?.().at(-1)
      if (dead === undefined) return []
      return [
        { kind: 'kill', at, node: dead, back: ms * 3, disk: 'keep' },
        { kind: 'command', at: at + BESIDE, node, name: 'leave', argument: { seat: true, stays: 0, back: ms } }
      ]
    }
    case 'outgrow': {
      const [late = node, ...voters] = world.client.followers?.() ?? []
      // somebody takes each seat
      if (late === node || voters.length + 1 > others.length - 1 - voters.length) return []
      const leaves = [...voters, node].map((id, i): Fault => ({ kind: 'command', at: at + BESIDE + i * OUTGROWN, node: id, name: 'leave', argument: { seat: true, stays: 0, back: undefined } }))
      const links = world.ids.flatMap((id): Array<[string, string]> => id === late ? [] : [[late, id], [id, late]])
      return [{ kind: 'isolate', at, ms: BESIDE + ms + leaves.length * OUTGROWN, links }, ...leaves]
    }
    case 'abandon': {
      const voters = world.client.followers?.() ?? []
      const heir = others.find(id => !voters.includes(id)) ?? others[0] ?? node
      const rest = others.filter(id => id !== heir)
      const last = at + ABANDONED
      return [
        { kind: 'isolate', at, ms: ABANDONED + 3_000, links: [node, ...rest].flatMap((id): Array<[string, string]> => [[heir, id], [id, heir]]) },
        ...rest.map((id): Fault => ({ kind: 'kill', at: last, node: id, back: undefined, disk: 'wipe' })),
        ...[1, 1_000].map((later): Fault => ({ kind: 'command', at: last + later, node: heir, name: 'recover', argument: undefined }))
      ]
    }
    case 'bereave': {
      const voters = world.client.followers?.() ?? []
      const few = Math.floor(voters.length / 2)
      const leaves = Math.floor(ms) % 2 === 0 ? node : voters[0]
      if (few === 0 || leaves === undefined) return []
      return [
        ...voters.slice(-few).map((id): Fault => ({ kind: Math.floor(ms) % 3 === 0 ? 'poweroff' : 'kill', at, node: id, back: ms * 3, disk: 'keep' })),
        { kind: 'command', at: at + ms % BEREFT, node: leaves, name: 'leave', argument: { seat: true, stays: 0, back: ms } }
      ]
    }
    case 'exodus': {
      const voters = [node, ...world.client.followers?.() ?? []]
      // somebody is left to
      if (voters.length === 1 || voters.length === world.ids.length) return []
      const [drains, dies] = [Math.floor(ms) % 3 > 0, Math.floor(ms) % 4 === 0]
      return voters.map((id, i): Fault => {
        if (dies && id === node) return { kind: 'kill', at: at + ms % EXODUS, node: id, back: undefined, disk: 'keep' }
        return { kind: 'command', at: at + (ms * (i + 1)) % EXODUS, node: id, name: 'leave', argument: { seat: true, stays: 0, back: ms * 2, drains } }
      })
    }
    case 'regroup': {
      const [away, dead, ...more] = world.client.followers?.() ?? []
      if (away === undefined || dead === undefined || more.length > 0 || others.length < 3) return []
      const recover = (later: number): Fault => ({ kind: 'command', at: at + later, node, name: 'recover', argument: { without: away } })
      const heirs = others.filter(id => id !== away && id !== dead)
      return [
        { kind: 'kill', at, node: away, back: REGROUPED + ms, disk: 'keep' },
        ...[dead, ...heirs].map((id, i): Fault => ({ kind: 'kill', at: at + (i === 0 ? 100 : ABANDONED * 2), node: id, back: undefined, disk: 'wipe' })),
        ...[ABANDONED, ABANDONED + 1_000, ABANDONED * 3, ABANDONED * 3 + 1_000].map(recover)
      ]
    }
    case 'isolate': return [cut('isolate', ms, others)]
    // it still reaches every second one
    case 'halves': return [cut('halves', ms, others.filter((_, i) => i % 2 === 0))]
    case 'drop': return [...others.map((b): Fault => ({ kind: 'reset', at, a: b, b: node })), { ...cut('isolate', ms, others), at: at + 0.01 }]
    case 'outpace': {
      world.disturb()
      for (const other of world.nodes.values()) other.setRate(other.id === node ? 1 - RHO : 1 + RHO)
      const cutAt = at + 500
      return [...others.map((b): Fault => ({ kind: 'reset', at: cutAt, a: b, b: node })), { ...cut('isolate', ms, others), at: cutAt + 0.01 }]
    }
    case 'lag': {
      const [slow, leaves] = world.client.followers?.() ?? others
      if (slow === undefined || leaves === undefined) return []
      return [
        { kind: 'lose', at, ms: 2_000, from: node, to: slow, share: 0.5 },
        { kind: 'command', at: at + 200 + ms % 300, node: leaves, name: 'leave', argument: { seat: true, stays: 0, back: 500 } }
      ]
    }
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
  end(world, node, { how: fault.kind === 'kill' ? 'dead' : 'off', disk: fault.disk, back: fault.back })
  world.count(fault.kind)
  world.trace(fault.kind, node.id)
}

/** `off`: nobody is told. */
export function end (world: World, node: SimNode, { how, disk, back }: { how: 'dead' | 'off', disk: DiskFault, back: number | undefined }): void {
  const { life } = node
  node.stop(how)
  world.network.drop(node.id, how === 'off')
  const { lost, torn } = node.disk.crash(world.client.keeps?.(node.id) === false ? 'wipe' : disk, createRandom(hashString(node.id, world.scenario.seed + life)))
  if (disk === 'wipe' && lost > 0) world.count('wipe')
  if (torn) world.count('torn')
  if (back === undefined) return
  node.returning = true
  world.after(back, () => { if (node.life === life) restart(world, node) })
}

/** What is on the disk is used twice from now on. */
function clone (world: World, id: string, ms: number): void {
  const original = running(world, id)
  const name = cloneOf(id)
  if (original === undefined || world.nodes.get(name)?.status === 'up') return
  let copy = world.nodes.get(name)
  if (copy === undefined) {
    copy = new SimNode(world, name, createRandom(hashString(name, world.scenario.seed)), world.scenario.drift)
    // what it does in its lives is not what the other one does
    copy.life = CLONE_LIVES
    world.nodes.set(name, copy)
  }
  copy.disk.copy(original.disk)
  copy.start()
  world.count('clone')
  const { life } = copy
  world.after(ms, () => { if (copy.life === life) turnOff(world, copy) })
}

function turnOff (world: World, copy: SimNode): void {
  copy.returning = false
  if (copy.status !== 'up') return
  world.disturb()
  copy.stop('dead')
  world.network.drop(copy.id, false)
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
  network.losses.clear()
  for (const id of scenario.ids) {
    const copy = world.nodes.get(cloneOf(id))
    if (copy !== undefined) turnOff(world, copy)
  }
  for (const from of world.nodes.keys()) {
    for (const to of world.nodes.keys()) {
      while (network.isCut(from, to)) network.heal([[from, to]])
    }
  }
  for (const node of world.nodes.values()) {
    node.refusesUntil = 0
    if (node.frozen && node.frozenUntil < Infinity) node.thaw()
    restart(world, node)
  }
}

function running (world: World, id: string): SimNode | undefined {
  const node = world.nodes.get(id)
  return node?.status === 'up' && !node.frozen ? node : undefined
}
