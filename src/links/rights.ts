/** What a leader lets its callers do. Who they are is proved; of what service, they say themselves. */
import { RpcError } from '../errors.ts'
import { Pace } from './pace.core.ts'
import { parentOf } from './parent.core.ts'
import type { Question } from './decide.core.ts'
import type { ResolvedLinksOptions } from './options.ts'
import type { Discovery } from '../discovery/index.ts'

/** Milliseconds between two words of one caller that nodes are down, and of all that the same one is. */
const DOWN_INTERVAL = 1_000

export interface RightsInit {
  service: string
  scope: ResolvedLinksOptions['scope']
  discovery: Pick<Discovery, 'node'>
  now: () => number
}

export class Rights {
  readonly #init: RightsInit
  readonly #downs = new Pace(DOWN_INTERVAL)

  constructor (init: RightsInit) {
    this.#init = init
  }

  /**
   * A node changes links of its own service's calls only, and may have an unlinked token of any.
   *
   * @throws RpcError `PERMISSION_DENIED`; `UNAVAILABLE`, retryable - what the service of the caller is, is not known yet
   */
  ask (caller: string, { kind, parent, propose }: Question): void {
    const { discovery, service, scope } = this.#init
    if (kind === 'resolve' && propose.length === 0) return
    const info = discovery.node(caller)
    if (info === undefined) throw new RpcError('UNAVAILABLE', 'the node that asks about links is not known here yet', { retryable: true })
    if (parent === parentOf(info.service, scope) || (kind === 'resolve' && info.service === service && propose.every(id => id === caller))) return
    throw new RpcError('PERMISSION_DENIED', `links of calls from '${parent}' are not this node's to change: it is of ${info.service === undefined ? 'no service' : `'${info.service}'`}, and links have the scope '${scope}' here`)
  }

  /** Take a node down. @throws RpcError `RESOURCE_EXHAUSTED`, retryable */
  end (caller: string, node: string): void {
    if (caller === node || this.#downs.take([`by ${caller}`, `to ${node}`], this.#init.now())) return
    throw new RpcError('RESOURCE_EXHAUSTED', 'this node, or another one by this caller, was taken down a moment ago', { retryable: true })
  }
}
