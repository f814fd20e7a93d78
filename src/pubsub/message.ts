/** One delivery, as a handler sees it. */
import { refuse } from '../util/refuse.ts'
import { MAX_TTL } from '../wire/limits.ts'
import type { Message } from './index.ts'

/** What a handler makes of a message. The first that ends it counts. */
export type Outcome =
  | { readonly type: 'ack' }
  /** `unstarted`: nobody has seen it. */
  | { readonly type: 'nak', readonly delay: number | undefined, readonly reason?: string, readonly unstarted?: true }
  | { readonly type: 'term', readonly reason: string }

export const UNSTARTED: Outcome = { type: 'nak', delay: 0, unstarted: true }

/** What a message is made of. */
export interface Delivered {
  readonly id: string
  readonly topic: string
  readonly channel: string
  readonly publisher: string
  readonly headers: Readonly<Record<string, string>>
  readonly key: string | undefined
  readonly attempt: number
  readonly publishedAt: number
}

/** Who is told. */
export interface Settler {
  settle (outcome: Outcome): void
  working (): void
}

export class MessageDelivery<T> implements Message<T> {
  readonly id: string
  readonly topic: string
  readonly channel: string
  readonly publisher: string
  headers: Readonly<Record<string, string>>
  readonly key: string | undefined
  readonly attempt: number
  readonly publishedAt: number
  readonly body: T
  readonly #settler: Settler
  #settled = false
  #outcome: PromiseWithResolvers<void> | undefined

  constructor (delivered: Delivered, body: T, settler: Settler) {
    this.id = delivered.id
    this.topic = delivered.topic
    this.channel = delivered.channel
    this.publisher = delivered.publisher
    this.headers = delivered.headers
    this.key = delivered.key
    this.attempt = delivered.attempt
    this.publishedAt = delivered.publishedAt
    this.body = body
    this.#settler = settler
  }

  async ack (): Promise<void> {
    this.settle({ type: 'ack' })
  }

  async nak (delay?: number): Promise<void> {
    refuse(delay !== undefined && (typeof delay !== 'number' || Number.isNaN(delay)), `nak: expected milliseconds, got ${String(delay)}`)
    // whole milliseconds travel, and no more of them than a message may live
    this.settle({ type: 'nak', delay: delay && Math.min(MAX_TTL, Math.max(0, Math.ceil(delay))) })
  }

  async term (reason = ''): Promise<void> {
    refuse(typeof reason !== 'string', 'term: expected a reason as text')
    this.settle({ type: 'term', reason })
  }

  working (): void {
    if (!this.#settled) this.#settler.working()
  }

  /** @internal */
  settle (outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#settler.settle(outcome)
    if (outcome.type === 'ack') this.#outcome?.resolve()
    else this.#outcome?.reject(new Error(outcome.type === 'nak' ? 'it is to be delivered again' : `given up: ${outcome.reason}`))
  }

  /** @internal Rejects for anything but an ack. */
  async settled (): Promise<void> {
    this.#outcome ??= Promise.withResolvers()
    await this.#outcome.promise
  }
}
