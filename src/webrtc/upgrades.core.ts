/**
 * Which peers are to get a direct path, and when: those that are reached over a relay and speak WebRTC, a few at a time,
 * and ever more seldom where it fails.
 */
import { backoff } from '../util/backoff.core.ts'

/** Milliseconds from the relayed path to the dial: what is said over that path comes first. */
const SETTLE = 200
/** Milliseconds that one of two nodes leaves the dial to the other, so that there is one path, not two. */
const YIELD = 4_000
/** Milliseconds before a dial that failed is tried again, doubled up to the second number each time. */
const RETRY = { initial: 5_000, max: 5 * 60_000 }
/** Milliseconds that a path must have lived for its end not to count as one more failure. */
const STABLE = 60_000
/** Peers whose failures are remembered after they left. */
const MAX_REMEMBERED = 500

export type UpgradeInput =
  /** What connects this node with the peer has changed. `direct`: without a relay; `webrtc`: by a path that counts. */
  | { readonly type: 'peer', readonly now: number, readonly random: number, readonly id: string, readonly relayed: boolean, readonly direct: boolean, readonly webrtc: boolean, readonly speaks: boolean }
  /** The dial of the direct path failed. What its success brings, `peer` tells. */
  | { readonly type: 'failed', readonly now: number, readonly random: number, readonly id: string }
  /** The network is another one. */
  | { readonly type: 'moved', readonly now: number }
  | { readonly type: 'tick', readonly now: number }

export interface UpgradeOutput {
  /** Peers to dial now. */
  readonly dial: string[]
  /** When the next step is due, in the time of `now`. */
  readonly wake: number | undefined
}

interface Plan {
  at: number
  failures: number
  /** Since when there is a direct path. */
  since: number | undefined
  /** It is one of the paths that there is a bound for. */
  webrtc: boolean
  wanted: boolean
  dialling: boolean
}

export interface UpgradesInit {
  self: string
  /** Paths of WebRTC at most, those of others' making included. */
  max: number
  /** Dials at the same time. */
  parallel: number
}

export class Upgrades {
  readonly #init: UpgradesInit
  readonly #plans = new Map<string, Plan>()

  constructor (init: UpgradesInit) {
    this.#init = init
  }

  step (input: UpgradeInput): UpgradeOutput {
    if (input.type === 'peer') this.#peer(input)
    else if (input.type === 'failed') this.#failed(input)
    else if (input.type === 'moved') this.#moved(input.now)
    return this.#due(input.now)
  }

  #peer ({ id, now, random, relayed, direct, webrtc, speaks }: UpgradeInput & { type: 'peer' }): void {
    const plan = this.#plans.get(id)
    const wanted = relayed && speaks && !direct
    if (plan == null) {
      if (!wanted && !direct) return
      this.#remember(id, { at: this.#first(id, now), failures: 0, since: direct ? now : undefined, webrtc, wanted, dialling: false })
      return
    }
    plan.webrtc = webrtc
    if (direct) {
      plan.since ??= now
      plan.dialling = false
    } else if (plan.since != null) {
      plan.failures = now - plan.since >= STABLE ? 0 : plan.failures + 1
      plan.since = undefined
      plan.at = plan.failures === 0 ? this.#first(id, now) : now + backoff(plan.failures - 1, RETRY, () => random)
    } else if (wanted && !plan.wanted) {
      plan.at = Math.max(plan.at, this.#first(id, now))
    }
    plan.wanted = wanted
    if (!wanted && !direct && !plan.dialling && plan.failures === 0) this.#plans.delete(id)
  }

  #failed ({ id, now, random }: UpgradeInput & { type: 'failed' }): void {
    const plan = this.#plans.get(id)
    if (plan == null) return
    plan.dialling = false
    if (plan.since != null) return
    plan.at = now + backoff(plan.failures++, RETRY, () => random)
    this.#remember(id, plan)
  }

  /** What failed in one network may work in another. */
  #moved (now: number): void {
    for (const [id, plan] of this.#plans) {
      plan.failures = 0
      plan.at = Math.min(plan.at, this.#first(id, now))
    }
  }

  #first (id: string, now: number): number {
    return now + (this.#init.self < id ? SETTLE : YIELD)
  }

  #due (now: number): UpgradeOutput {
    const { max, parallel } = this.#init
    const plans = [...this.#plans]
    let dialling = plans.filter(([, plan]) => plan.dialling).length
    let paths = dialling + plans.filter(([, plan]) => plan.webrtc).length
    const dial: string[] = []
    let wake: number | undefined
    for (const [id, plan] of plans.sort(([a], [b]) => a < b ? -1 : 1)) {
      if (!plan.wanted || plan.dialling) continue
      if (paths >= max || dialling >= parallel) {
        // the end of a dial or of a path is a step of its own
        break
      }
      if (plan.at <= now) {
        plan.dialling = true
        dialling++
        paths++
        dial.push(id)
      } else {
        wake = Math.min(wake ?? Infinity, plan.at)
      }
    }
    return { dial, wake }
  }

  #remember (id: string, plan: Plan): void {
    this.#plans.delete(id)
    this.#plans.set(id, plan)
    if (this.#plans.size <= MAX_REMEMBERED) return
    for (const [oldest, { wanted, since, dialling }] of this.#plans) {
      if (this.#plans.size <= MAX_REMEMBERED) break
      if (!wanted && since == null && !dialling) this.#plans.delete(oldest)
    }
  }
}
