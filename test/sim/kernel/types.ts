/**
 * What a room brings to be simulated: a Process per node (its pure cores plus the thinnest driver), and a Client that
 * says what must hold. Times are virtual milliseconds.
 */
import type { Random } from '../../../src/util/random.core.ts'
import type { Disk } from './disk.ts'
import type { World } from './world.ts'

/** What one life of a process can do. Everything is gone with the process, the disk apart. */
export interface Env {
  readonly id: string
  /** Every node that there is: the bootstrap list. */
  readonly ids: readonly string[]
  /** 0 at the first start, one more after each crash. */
  readonly life: number
  readonly random: Random
  /** Monotonic; drifts, and stands still while the machine sleeps. */
  now (): number
  /** May jump. */
  wall (): number
  /** One timer per name; setting it again moves it. */
  setTimer (name: string, ms: number): void
  clearTimer (name: string): void
  /** Ends with `dialled`, and with `connected` before that if it opened a connection. */
  dial (to: string): void
  close (to: string): void
  /** False when there is no connection. */
  send (to: string, message: unknown): boolean
  connections (): string[]
  /** Ends this process at once; its machine stays and resets the connections. Started again after `back` ms, if that is given. */
  exit (back?: number): void
  readonly disk: Disk
  /** Counts something that really happened, for the summary. */
  count (what: string): void
  /** Tells the client's invariants about something. */
  emit (event: SimEvent): void
}

export interface SimEvent { type: string, [key: string]: unknown }

export interface Process {
  start (env: Env): void
  receive (from: string, message: unknown): void
  timer (name: string): void
  connected? (peer: string): void
  closed? (peer: string): void
  dialled? (peer: string, result: DialResult): void
  /** What was written before `disk.sync(name)` is safe now. */
  synced? (name: string): void
  /** What was written and is not safe yet is refused; syncs that were under way do not end. */
  refused? (): void
  /** Something that a user of the process asks for; see {@link Client.workload}. */
  command? (name: string, argument: unknown): void
}

export type DialResult = 'ok' | 'refused' | 'timeout'

export interface Client {
  readonly name: string
  readonly faults: readonly FaultKind[]
  /** Ms after the heal until `settled` must hold. It may become longer while the world runs. */
  readonly settleTime: number
  create (id: string, world: World): Process
  /** A process said something; throw a {@link Violation} if it must not be. */
  observe? (node: string, event: SimEvent): void
  /** After every step. */
  check? (): void
  /** At the end: undefined, or what is still missing. */
  settled (): string | undefined
  /** Who leads, for faults that strike the leader. */
  leader? (): string | undefined
  /** Who follows the leader and counts. */
  followers? (): readonly string[]
  /** Whether what a node stored outlives its process. @default true */
  keeps? (id: string): boolean
  /** Commands for the schedule. */
  workload? (random: Random, ids: readonly string[], until: number): Fault[]
  /** Things that a batch of runs must have counted at least once, or it proved nothing. */
  readonly mustHappen: readonly string[]
}

const CLONE = "'"

/** Name of the second machine with the identity of `node`; processes know both by the identity only. */
export function cloneOf (node: string): string {
  return node + CLONE
}

/** The identity of a machine. */
export function peerOf (name: string): string {
  return name.endsWith(CLONE) ? name.slice(0, -CLONE.length) : name
}

/** Something that must never be. */
export class Violation extends Error {
  readonly invariant: string
  constructor (invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

export type FaultKind =
  | 'kill' | 'poweroff' | 'wipe' | 'torn' | 'stall' | 'freeze' | 'stop' | 'sleep' | 'clockJump' | 'halves' | 'isolate' | 'ring' | 'pair' | 'oneWay'
  | 'reset' | 'ambush' | 'slow' | 'lossy' | 'slowDisk' | 'drift' | 'clone'

/** One entry of a schedule. Each stands alone, so that any of them can be left out. */
export type Fault =
  /** The process dies: peers see a reset, redials are refused until it is back. */
  | { kind: 'kill', at: number, node: string, back: number | undefined, disk: DiskFault }
  /** The machine is gone: peers see nothing, redials time out. */
  | { kind: 'poweroff', at: number, node: string, back: number | undefined, disk: DiskFault }
  /** `stall`: at most 2 s. `freeze`: longer. `stop`: for ever. `sleep`: its clock stands still too. */
  | { kind: 'stall' | 'freeze' | 'stop' | 'sleep', at: number, node: string, ms: number }
  | { kind: 'clockJump', at: number, node: string, ms: number }
  /** Silent loss on these directed links, [from, to] each. */
  | { kind: 'halves' | 'isolate' | 'ring' | 'pair' | 'oneWay', at: number, ms: number, links: Array<[string, string]> }
  /** The connection of two nodes breaks; both see it. */
  | { kind: 'reset', at: number, a: string, b: string }
  | { kind: 'slow', at: number, ms: number, factor: number }
  /** Of what one says to the other, that share is lost. */
  | { kind: 'lose', at: number, ms: number, from: string, to: string, share: number }
  /** A second machine with a copy of the disk, and with the identity; see {@link cloneOf}. It is turned off after `ms`. */
  | { kind: 'clone', at: number, node: string, ms: number }
  /** Its disk is full. */
  | { kind: 'refuse', at: number, node: string, ms: number }
  /** Who founds the first group from then on is cut off in that moment. */
  | { kind: 'sever', at: number, ms: number }
  | { kind: 'command', at: number, node: string, name: string, argument: unknown }
  /**
   * Strikes whoever leads then; see {@link Client.leader}. `drop`: cut off, the others see the connections close. `setBack`: cut off
   * while its clock is set back. `rivalForget`, `rivalJump`: cut off from one only; then the
   * others die and come back at once, or their clocks jump. `outpace`: dropped when its clock has become as slow as any may
   * be, and all others as fast. `lag`: half of what it tells one follower is lost while another one leaves. `leave`: it is told to
   * stop for good, and another process takes its place after `ms`. `abandon`: one is cut off from all, and when all but the
   * leader are gone for ever it is told to `recover`, while that one may not know it yet. `bereave`: as many followers as the
   * group can do without are killed, and one more, or the leader, leaves within half a second. `exodus`: all voters leave within
   * a tenth of one, or while the leader dies; some only drain, and run on. `regroup`: one is away while an operator founds the group anew without it, twice.
   */
  | { kind: 'leader', at: number, how: LeaderFault, ms: number }

export type LeaderFault = 'kill' | 'isolate' | 'halves' | 'freeze' | 'drop' | 'setBack' | 'rivalForget' | 'rivalJump' | 'outpace' | 'lag' | 'leave' | 'beside' | 'outgrow' | 'abandon' | 'bereave' | 'exodus' | 'regroup'

export type DiskFault = 'keep' | 'torn' | 'wipe'

/** When faults strike, and how many: what a client may ask for in place of the usual. Milliseconds. */
export interface Schedule {
  until: number
  healAt: number
  sizes: readonly number[]
  intensity: number
  /** How often clocks drift, in place of as often as any fault; then as much as they may, half of them. */
  drift?: number
  /** How often the network loses messages, in place of as often as any fault. */
  lossy?: number
  /** Ms over which the starts are spread: one of these. */
  starts?: readonly number[]
}

/** Drawn from the seed before anything runs. */
export interface Scenario {
  seed: number
  ids: string[]
  enabled: FaultKind[]
  /** One way, ms. */
  latency: { min: number, mean: number }
  /** Probabilities per message, until the heal. */
  drop: number
  duplicate: number
  reorder: number
  /** Largest clock rate error. */
  drift: number
  /** Clocks run at the ends of that, not between. */
  extreme?: boolean
  /** Starts are spread over this time. @default 2000 */
  startWithin?: number
  fsync: number
  faults: Fault[]
  healAt: number
}
