/** Drives `ownership: 'strict'` at a node of a service: its own lease, and as the leader what it has granted to others. */
import { time } from '../util/clocks.ts'
import { pause } from '../util/timeouts.ts'
import { Grants, OwnLease } from './lease.core.ts'
import { RENEW } from './methods.core.ts'
import type { Asker } from './asker.ts'
import type { Place } from './decide.core.ts'
import type { LinkName } from './keys.core.ts'
import type { Owner } from './owner.ts'
import type { Rank } from './rank.core.ts'
import type { Discovery } from '../discovery/index.ts'

/** Milliseconds between two questions for the lease. */
const INTERVAL = 750
/** Milliseconds before a node that has not let a token go is asked again. */
const LOOK = 50

export interface StrictInit {
  service: string
  discovery: Discovery
  asker: Asker
  owner: Owner
  /** The leader's own side of {@link Strict.grant}. */
  own: () => Promise<boolean>
  /** Ask a node to let a token go. False: it has not said that it did. */
  askBack: (node: string, name: LinkName, rank: Rank) => Promise<boolean>
}

export class Strict {
  readonly #init: StrictInit
  readonly #lease = new OwnLease()
  readonly #grants = new Grants()
  #next = 0
  #asking = false
  #stopped = false

  constructor (init: StrictInit) {
    this.#init = init
  }

  /** This node may run calls of its tokens. */
  get holds (): boolean {
    return this.#lease.holds(time())
  }

  stop (): void {
    this.#stopped = true
  }

  // ---- as one of the nodes

  tick (): void {
    this.#init.owner.look()
    if (this.#asking || this.#stopped || performance.now() < this.#next) return
    this.#asking = true
    this.#renew().catch(() => {}).finally(() => {
      this.#asking = false
      this.#next = performance.now() + INTERVAL
    })
  }

  async #renew (): Promise<void> {
    const { asker, service, own, owner } = this.#init
    const asked = time()
    const { value: granted } = await asker.call(service, { method: RENEW, args: () => ({}), own, read: answer => answer === true }, INTERVAL)
    if (granted && !this.#lease.renewed(asked, time())) owner.forget()
  }

  // ---- as the leader

  begin (): void {
    this.#grants.begin(time())
  }

  grant (node: string): boolean {
    return this.#grants.grant(node, time())
  }

  /** Resolves once the node begins no more calls of the token: those that run there may go on. */
  async revoke (place: Place, name: LinkName, rank: Rank): Promise<void> {
    const { node } = place
    let blocks = false
    try {
      while (!this.#stopped && !this.#isOver(place)) {
        if (await this.#init.askBack(node, name, rank)) return
        // only its lease can end that now: before, all its other tokens would have suffered from each one that went
        if (!blocks) this.#grants.block(node)
        blocks = true
        await pause(LOOK)
      }
    } finally {
      if (blocks) this.#grants.unblock(node)
    }
  }

  /** That life of the node has ended, or its lease. */
  #isOver ({ node, incarnation }: Place): boolean {
    const info = this.#init.discovery.node(node)
    return (info !== undefined && info.incarnation > incarnation) || this.#grants.isOver(node, time())
  }
}
