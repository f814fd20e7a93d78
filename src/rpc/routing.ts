/** Calls with a token: whoever decides its node may have to ask for it. */
import { preferred, unrouted } from './picking.ts'
import type { Call } from './call.ts'
import type { Routed } from './index.ts'
import type { Targets } from './targets.ts'
import type { Discovery } from '../discovery/index.ts'
import type { Timers } from '../util/timers.ts'

export interface RoutingInit {
  discovery: Discovery
  targets: Targets
  timers: Timers
  /** The call may be sent; undefined: no node is left for it. */
  found: (call: Call, node: Routed | undefined) => void
  /** No node could be chosen. */
  failed: (call: Call, err: Error) => void
}

export class Routing {
  readonly #init: RoutingInit
  /** Their token's node is being asked for. */
  readonly #calls = new Set<Call>()

  constructor (init: RoutingInit) {
    this.#init = init
  }

  all (): Iterable<Call> {
    return this.#calls
  }

  /** The call has ended. */
  delete (call: Call): void {
    this.#calls.delete(call)
  }

  toTokensNode (call: Call, token: string): void {
    const { targets, found, failed } = this.#init
    let node: Routed | undefined | Promise<Routed | undefined>
    try {
      node = targets.route(token, call, call.balancer === undefined && call.prefer === undefined ? undefined : () => this.#proposal(call))
    } catch (err) {
      failed(call, unrouted(call, err))
      return
    }
    this.take(call, node, node => { found(call, node) })
  }

  /** Once it is known, and unless the call has ended by then. */
  take (call: Call, node: Routed | undefined | Promise<Routed | undefined>, found: (node: Routed | undefined) => void): void {
    const { failed } = this.#init
    if (!(node instanceof Promise)) {
      call.link = node?.link
      found(node)
      return
    }
    this.#calls.add(call)
    node.then(node => {
      if (this.#calls.delete(call)) {
        call.link = node?.link
        found(node)
      }
    }, err => {
      if (this.#calls.delete(call)) {
        failed(call, unrouted(call, err))
      }
    })
  }

  /** Whom the call would take if nothing bound its token. */
  #proposal (call: Call): string | undefined {
    const wanted = call.prefer === undefined ? undefined : preferred(call, this.#init.discovery)
    if (wanted !== undefined || call.balancer === undefined) {
      return wanted?.id
    }
    const { targets, timers } = this.#init
    const now = timers.now()
    return targets.pick(targets.picker(call, now), call.tokenId, call.tried, now)?.id
  }
}
