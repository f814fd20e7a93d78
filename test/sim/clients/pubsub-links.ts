/** Streams over the simulated network: in order, each message once, or cut. Gossip goes beside them and may be lost. */
import type { LogId, Net } from '../../../src/pubsub/types.core.ts'
import type { Env } from '../kernel/types.ts'

/** Ms after which a missing message cuts the connection. */
const PATIENCE = 400

interface Link { sent: number, received: number, readonly early: Map<number, Net | Hello>, since: number }

/** What a node says first: the logs it has. */
export interface Hello { readonly type: 'hello', readonly logs: readonly LogId[] }
export interface Framed { readonly t: 's', readonly n: number, readonly m: Net | Hello }

export class Links {
  readonly #env: Env
  readonly #links = new Map<string, Link>()

  constructor (env: Env) {
    this.#env = env
  }

  connected (peer: string): void {
    this.#links.set(peer, { sent: 0, received: 0, early: new Map(), since: 0 })
  }

  closed (peer: string): void {
    this.#links.delete(peer)
  }

  send (to: string, m: Net | Hello): void {
    const link = this.#links.get(to)
    if (link !== undefined) this.#env.send(to, { t: 's', n: ++link.sent, m } satisfies Framed)
  }

  /** What can be handed on now, in order. */
  receive (from: string, { n, m }: Framed): Array<Net | Hello> {
    const link = this.#links.get(from)
    if (link === undefined || n <= link.received) return []
    if (link.early.size === 0) link.since = this.#env.now()
    link.early.set(n, m)
    const ready: Array<Net | Hello> = []
    for (let next = link.early.get(link.received + 1); next !== undefined; next = link.early.get(link.received + 1)) {
      link.early.delete(++link.received)
      ready.push(next)
    }
    if (ready.length > 0) link.since = this.#env.now()
    return ready
  }

  /** Cuts what lacks something for too long. */
  check (): void {
    for (const [peer, link] of this.#links) {
      if (link.early.size === 0 || this.#env.now() - link.since < PATIENCE) continue
      this.#env.count('streams cut')
      this.#env.close(peer)
    }
  }
}
