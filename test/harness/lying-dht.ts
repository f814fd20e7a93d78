/**
 * A server of the DHT that keeps none of its rules: it holds on to the first record that it was given of each key, signed
 * as that is, serves it for ever, and puts it again and again to everybody it knows.
 */
import { toString } from 'uint8arrays/to-string'
import type { PeerId } from '@libp2p/interface'

/**
 * What it says of a newer record, and gives to who asks. `accept`: it says that it has stored it; `refuse`: that it does
 * not; `garbage`: it gives bytes that are no record to every other one who asks.
 */
export type Lie = 'accept' | 'refuse' | 'garbage'

interface Message {
  type: string
  key: Uint8Array
  record?: Uint8Array | undefined
}

interface Answer extends Message {
  closer: never[]
  providers: never[]
}

interface Handler {
  handle (from: PeerId, message: Message): Promise<Answer | undefined>
}

/** Of js-libp2p's DHT, what its own code keeps to itself. */
interface OpenDht {
  rpc: { handlers: Record<string, Handler> }
  network: { sendRequest (to: PeerId, message: Message, options: object): AsyncIterable<{ name: string }> }
  routingTable: { kb: { toIterable (): Iterable<{ peerId: PeerId }> } }
}

const GARBAGE = Uint8Array.of(10, 3, 1, 2, 3, 255, 255)

export class LyingDht {
  readonly #dht: OpenDht
  readonly #lie: Lie
  readonly #first = new Map<string, { readonly key: Uint8Array, readonly record: Uint8Array }>()
  #replaying: ReturnType<typeof setInterval> | undefined
  #asked = 0
  /** Newer records that it did not keep. */
  withheld = 0
  /** Times that it gave something else than what it should have. */
  lied = 0

  constructor (dht: unknown, lie: Lie) {
    this.#dht = dht as OpenDht
    this.#lie = lie
    const { handlers } = this.#dht.rpc
    handlers['PUT_VALUE'] = { handle: async (_from, message) => this.#put(message) }
    handlers['GET_VALUE'] = { handle: async (_from, message) => this.#get(message) }
  }

  /** Keys of which it has a record. */
  get keys (): number {
    return this.#first.size
  }

  /** Every `interval` milliseconds put what it has of the next key to all that it knows, and that for ever. */
  replay (interval: number): void {
    let turn = 0
    this.#replaying ??= setInterval(() => {
      const next = [...this.#first.values()][turn++ % this.#first.size]
      if (next === undefined) return
      for (const { peerId } of this.#dht.routingTable.kb.toIterable()) void this.#send(peerId, { type: 'PUT_VALUE', ...next }, interval)
    }, interval)
  }

  async #send (to: PeerId, message: Message, timeout: number): Promise<void> {
    const events = this.#dht.network.sendRequest(to, message, { signal: AbortSignal.timeout(timeout), path: { index: -1, queued: 0, running: 0, total: 0 } })
    const iterator = events[Symbol.asyncIterator]()
    while ((await iterator.next()).done !== true);
  }

  #put (message: Message): Answer {
    const id = toString(message.key, 'base32')
    const known = this.#first.get(id)
    if (message.record === undefined) throw new Error('nothing to store')
    if (known === undefined) this.#first.set(id, { key: message.key, record: message.record })
    else {
      this.withheld++
      if (this.#lie !== 'accept') throw new Error('no')
    }
    return { ...message, closer: [], providers: [] }
  }

  #get ({ type, key }: Message): Answer {
    this.lied++
    const record = this.#lie === 'garbage' && ++this.#asked % 2 === 0 ? GARBAGE : this.#first.get(toString(key, 'base32'))?.record
    return { type, key, closer: [], providers: [], ...record !== undefined && { record } }
  }
}
