/** Calls that have no node to go to: each waits for discovery, or for its turn to try again. */
import { backoff } from '../util/backoff.core.ts'
import { MAX_RETRY_AFTER } from '../wire/limits.ts'
import { SETTLED } from './call.ts'
import { EARLY } from './numbers.ts'
import { pushbackOf } from './outcome.ts'
import { passOver } from './picking.ts'
import type { Call } from './call.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'

/** Milliseconds between rounds over the candidates: quick at first, as a node that restarts is back soon. */
const RETRY = { initial: 50, max: 1_000 }

interface Wait {
  readonly call: Call
  timer: TimerHandle | undefined
}

export interface WaitingInit {
  discovery: Discovery
  timers: Timers
  random: () => number
  /** The call may be tried again. */
  wake: (call: Call) => void
}

export class Waiting {
  readonly #init: WaitingInit
  /** By service, or by node for calls that may go to one node only: an id is never a legal service name. */
  readonly #waits = new Map<string, Map<Call, Wait>>()
  readonly #lookups = new Map<string, AbortController>()

  constructor (init: WaitingInit) {
    this.#init = init
  }

  add (call: Call): void {
    const unknown = call.tried === undefined && call.round === 0
    if (!unknown) {
      this.pause(call)
      return
    }
    this.#add(call)
    if (call.only === undefined) {
      this.#lookup(call.service)
    }
  }

  /** Until its turn comes again. */
  pause (call: Call): void {
    const delay = Math.max(Math.min(pushbackOf(call.cause), MAX_RETRY_AFTER), backoff(call.round, RETRY, this.#init.random))
    this.#add(call).timer = this.#init.timers.after(delay, () => { this.#wake(call) })
  }

  #add (call: Call): Wait {
    const key = call.only ?? call.service
    let waits = this.#waits.get(key)
    if (waits === undefined) {
      waits = new Map()
      this.#waits.set(key, waits)
    }
    const wait: Wait = { call, timer: undefined }
    waits.set(call, wait)
    return wait
  }

  /** A node came, or changed. */
  seen (node: NodeInfo, isNew: boolean): void {
    for (const key of [node.id, node.service]) {
      for (const call of this.of(key ?? '')) {
        if (isNew) call.silent?.delete(node.id)
        // a node that a call has just failed on changes often: only a new one is reason to hurry
        if (isNew || call.tried === undefined) this.#wake(call)
      }
    }
  }

  /** The calls that wait for a service; of a node that went, those that may go nowhere else. */
  of (key: string): Call[] {
    return [...this.#waits.get(key)?.keys() ?? []]
  }

  all (): Call[] {
    return [...this.#waits.values()].flatMap(waits => [...waits.keys()])
  }

  #wake (call: Call): void {
    if (this.remove(call) && call.state !== SETTLED) {
      call.tried = undefined
      call.asked = 0
      call.round++
      const soon = this.#init.timers.now() + EARLY
      // without any other node the call goes on with what these said
      call.silent?.forEach(([cause, until], node) => {
        if (until > soon) passOver(call, node, cause)
      })
      this.#init.wake(call)
    }
  }

  /** The call has ended, or goes on; false: it did not wait. */
  remove (call: Call): boolean {
    const key = call.only ?? call.service
    const waits = this.#waits.get(key)
    const wait = waits?.get(call)
    if (waits === undefined || wait === undefined) {
      return false
    }
    waits.delete(call)
    if (wait.timer !== undefined) {
      this.#init.timers.cancel(wait.timer)
    }
    if (waits.size === 0) {
      this.#waits.delete(key)
      this.#lookups.get(key)?.abort()
      this.#lookups.delete(key)
    }
    return true
  }

  /** One search per service, for as long as somebody waits for it. */
  #lookup (service: string): void {
    if (this.#lookups.has(service)) {
      return
    }
    const controller = new AbortController()
    this.#lookups.set(service, controller)
    const found = (): void => {
      if (this.#lookups.get(service) === controller) {
        this.#lookups.delete(service)
        for (const call of this.of(service)) {
          this.#wake(call)
        }
      }
    }
    // a search that fails is tried again in the rhythm of the calls' own rounds
    this.#init.discovery.waitFor(service, { signal: controller.signal }).then(found, found)
  }
}
