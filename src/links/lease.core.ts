/**
 * `ownership: 'strict'`: a node runs calls of its tokens while its leader has heard of it, and the leader moves a token
 * away from a node only once that node has let it go, or cannot believe any more that it may run it. The node counts from
 * when it asked, the leader from when it answered, and longer by as much as clocks may drift. Pure.
 */
import { isBefore } from '../util/clocks.ts'
import type { Time } from '../util/clocks.ts'

/** Milliseconds that a node may run calls after it asked its leader. */
export const LEASE = 2_500
/** By how much a clock may go wrong, and milliseconds beside that. */
const DRIFT = 0.02
const MARGIN = 10
/** Milliseconds that a leader counts for a lease: its clock may be as fast as the node's is slow. */
export const GRANT = LEASE * (1 + DRIFT) / (1 - DRIFT) + MARGIN

/** By the one that is never set: in sleep it counts for too long, which costs time and nothing else. */
function hasPassed (end: Time, time: Time): boolean {
  return time.now >= end.now
}

function after ({ now, wall }: Time, ms: number): Time {
  return { now: now + ms, wall: wall + ms }
}

/** Of a node, over all of its tokens. */
export class OwnLease {
  #until: Time | undefined

  holds (time: Time): boolean {
    return this.#until !== undefined && isBefore(time, this.#until)
  }

  /**
   * The leader has answered.
   *
   * @param asked - when it was asked
   * @returns false when the lease had run out: whatever this node held may be another's by now
   */
  renewed (asked: Time, time: Time): boolean {
    const whole = this.holds(time)
    this.#until = after(asked, LEASE)
    return whole
  }
}

/** Of a leader, for each node of its service. */
export class Grants {
  /** What leaders before may have granted. */
  #before: Time = { now: -Infinity, wall: -Infinity }
  readonly #until = new Map<string, Time>()
  /** Nodes that a token is being taken from, and that do not say that they let it go. */
  readonly #blocked = new Map<string, number>()

  /** A leader begins. */
  begin (time: Time): void {
    this.#before = after(time, GRANT)
    this.#until.clear()
  }

  /** False: not while it is to let a token go, and does not. */
  grant (node: string, time: Time): boolean {
    if ((this.#blocked.get(node) ?? 0) > 0) return false
    for (const [other, until] of this.#until) if (hasPassed(until, time)) this.#until.delete(other)
    this.#until.set(node, after(time, GRANT))
    return true
  }

  /** The node cannot believe any more that it may run calls. */
  isOver (node: string, time: Time): boolean {
    const until = this.#until.get(node)
    return hasPassed(this.#before, time) && (until === undefined || hasPassed(until, time))
  }

  block (node: string): void {
    this.#blocked.set(node, (this.#blocked.get(node) ?? 0) + 1)
  }

  unblock (node: string): void {
    const left = (this.#blocked.get(node) ?? 1) - 1
    if (left > 0) this.#blocked.set(node, left)
    else this.#blocked.delete(node)
  }
}
