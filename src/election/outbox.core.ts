/** Messages of a core, each held until what it depends on is stored. Pure. */
import type { ElectionOutput } from './types.core.ts'

export type Send = Extract<ElectionOutput, { type: 'send' }>

/** Messages that wait; a storage that hangs must not fill the memory. */
const MAX_HELD = 4_096

export class Outbox {
  readonly #post: (send: Send) => void
  #durable = 0
  #held: Send[] = []

  constructor (post: (send: Send) => void) {
    this.#post = post
  }

  /**
   * In order for each receiver, but for heartbeats and their answers: they tell of nothing that is not durable, and who
   * waited for a slow disk with them would seem dead.
   */
  send (send: Send): void {
    const { to, after, message: { type } } = send
    const beats = type === 'heartbeat' || type === 'heartbeat-response'
    const waits = after > this.#durable || (!beats && this.#held.some(held => held.to === to))
    if (!waits) this.#post(send)
    else if (this.#held.push(send) > MAX_HELD) this.#held.shift()
  }

  /** Save `id` and all before it are durable. */
  saved (id: number): void {
    this.#durable = id
    const held = this.#held
    this.#held = []
    for (const send of held) this.send(send)
  }

  /** What waits is never sent. */
  drop (): void {
    this.#held = []
  }
}
