/** Messages of a core, each held until what it depends on is stored. */
import { encodeElection } from '../wire/election-codec.ts'
import type { ElectionOutput } from './types.core.ts'
import type { Logger } from '@libp2p/interface'

type Send = Extract<ElectionOutput, { type: 'send' }>

/** Messages that wait; a storage that hangs must not fill the memory. */
const MAX_HELD = 4_096

export interface OutboxInit {
  send: (to: string, frame: Uint8Array) => void
  config: { readonly service: string }
  log: Logger
}

export class Outbox {
  readonly #init: OutboxInit
  #durable = 0
  #held: Send[] = []

  constructor (init: OutboxInit) {
    this.#init = init
  }

  /** In order for each receiver. */
  send (send: Send): void {
    const waits = send.after > this.#durable || this.#held.some(({ to }) => to === send.to)
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

  #post ({ to, message }: Send): void {
    const { send, config, log } = this.#init
    try {
      send(to, encodeElection(config.service, { ...message }))
    } catch (err) {
      log.error('could not write a %s - %e', message.type, err)
    }
  }
}
