import { ProtocolError } from '../errors.ts'
import { copyBytes } from '../wire/bytes.ts'
import { ITEM_COST, MAX_STREAM_WINDOW, STREAM_WINDOW } from '../wire/limits.ts'
import { COMPACT } from './numbers.ts'
import type { Results } from './stream-types.ts'
import type { BodyCodec } from '../wire/codecs.ts'

interface Item {
  readonly codec: BodyCodec
  readonly body: Uint8Array | undefined
}

export interface InflowInit {
  /** The value of an item; its throw ends the sequence. */
  read: (codec: BodyCodec, body: Uint8Array | undefined) => unknown
  /** The sender may send so many bytes more. */
  grant: (bytes: number) => void
  /** The reader asks for an item. */
  onNext?: () => void
  /** The reader has left, or met an item that cannot be read: nothing more is wanted. */
  onLeave?: (reason: unknown) => void
}

/**
 * A sequence that arrives. What the reader has not taken waits here, encoded; the sender may send only what the window
 * has room for, so a slow reader holds it up and nothing grows.
 */
export class Inflow implements Results {
  readonly #init: InflowInit
  #items: Item[] = []
  #head = 0
  #waiting: Array<PromiseWithResolvers<IteratorResult<unknown, undefined>>> = []
  #window = STREAM_WINDOW
  /** Bytes that the sender may send, and that were taken since it was last told. */
  #allowed = 0
  #taken = 0
  #over = false
  #error: Error | undefined

  constructor (init: InflowInit) {
    this.#init = init
  }

  /** The first grant, which the sender is told by other means. */
  open (): number {
    this.#allowed = this.#window
    return this.#window
  }

  /**
   * Without `keep` the body is a view that ends with the call.
   *
   * @throws ProtocolError - more than was granted
   */
  push (codec: BodyCodec, body: Uint8Array | undefined, keep: boolean): void {
    if (this.#over) {
      return
    }
    if (this.#allowed <= 0) {
      throw new ProtocolError('a sequence beyond what was granted')
    }
    this.#allowed -= cost(body)
    // memory of its own may be much larger than what is counted
    keep &&= body === undefined || body.length * 2 >= body.buffer.byteLength
    const waiter = this.#waiting.shift()
    if (waiter === undefined) {
      this.#items.push({ codec, body: body === undefined || keep ? body : copyBytes(body) })
      return
    }
    try {
      waiter.resolve({ done: false, value: keep ? this.#value({ codec, body }) : this.#init.read(codec, body) })
    } catch (err) {
      waiter.reject(err)
      this.#leave(err)
      return
    }
    this.#took(cost(body))
  }

  /** No more will come. What waits is still handed out, unless it is to be dropped; then the error, if there is one. */
  end (error?: Error, drop = false): void {
    if (drop && this.#head < this.#items.length) {
      this.#items = []
      this.#head = 0
      this.#error = error
    }
    if (this.#over) {
      return
    }
    this.#over = true
    this.#error = error
    for (const waiter of this.#waiting.splice(0)) {
      this.#finish(waiter)
    }
  }

  next (): Promise<IteratorResult<unknown, undefined>> {
    this.#init.onNext?.()
    const result = Promise.withResolvers<IteratorResult<unknown, undefined>>()
    const item = this.#items[this.#head]
    if (item !== undefined) {
      this.#shift()
      try {
        result.resolve({ done: false, value: this.#value(item) })
        this.#took(cost(item.body))
      } catch (err) {
        this.#leave(err)
        result.reject(err)
      }
    } else if (this.#over) {
      this.#finish(result)
    } else {
      this.#waiting.push(result)
    }
    return result.promise
  }

  async return (): Promise<IteratorResult<unknown, undefined>> {
    this.#leave(undefined)
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator] (): this {
    return this
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.return()
  }

  #value ({ codec, body }: Item): unknown {
    // bytes are a copy of their own already
    return codec === 3 && body !== undefined ? body : this.#init.read(codec, body)
  }

  #shift (): void {
    this.#items[this.#head++] = undefined as unknown as Item
    if (this.#head >= COMPACT && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
  }

  #took (bytes: number): void {
    this.#taken += bytes
    if (this.#over || this.#taken * 4 < this.#window) {
      return
    }
    let grant = this.#taken
    this.#taken = 0
    // the reader waits for the sender: it may have more under way
    if (this.#head === this.#items.length && this.#window < MAX_STREAM_WINDOW) {
      grant += this.#window
      this.#window *= 2
    }
    this.#allowed += grant
    this.#init.grant(grant)
  }

  #leave (reason: unknown): void {
    const over = this.#over
    this.end(undefined, true)
    this.#error = undefined
    if (!over) {
      this.#init.onLeave?.(reason)
    }
  }

  #finish (result: PromiseWithResolvers<IteratorResult<unknown, undefined>>): void {
    const error = this.#error
    this.#error = undefined
    if (error === undefined) {
      result.resolve({ done: true, value: undefined })
    } else {
      result.reject(error)
    }
  }
}

/** What an item takes of the window. */
export function cost (body: Uint8Array | undefined): number {
  return ITEM_COST + (body?.length ?? 0)
}
