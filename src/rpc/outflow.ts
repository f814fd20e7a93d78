import { cost } from './inflow.ts'
import { iteratorOf } from './iterator.ts'
import type { AnyIterator } from './iterator.ts'
import type { Channel } from './channel.ts'
import type { EncodedBody } from '../wire/codecs.ts'

/** A sequence that is sent, as fast as its receiver grants. */
export class Outflow {
  /** Of an item that could not be sent, while the source is told to clean up, too. */
  failure: unknown = undefined
  readonly #channel: Channel
  #credit = 0
  #wake: (() => void) | undefined
  #stopped = false
  #iterator: AnyIterator | undefined
  #left: Promise<void> | undefined

  constructor (channel: Channel) {
    this.#channel = channel
  }

  grant (bytes: number): void {
    this.#credit += bytes
    this.#wake?.()
  }

  /** Nobody wants the rest: the source is told at once, and {@link run} resolves when it has ended. */
  stop (): void {
    this.#stopped = true
    this.#wake?.()
    void this.#leave()
  }

  /**
   * Resolves to true when the source came to its end. Rejects with what the source or `encode` throws, or when the
   * channel ends.
   */
  async run (source: unknown, encode: (value: unknown) => EncodedBody | Promise<EncodedBody>): Promise<boolean> {
    const iterator = this.#iterator = iteratorOf(source)
    let complete = false
    try {
      while (!this.#stopped) {
        if (this.#credit <= 0) {
          await new Promise<void>(resolve => { this.#wake = resolve })
          continue
        }
        const { done, value } = await iterator.next()
        if (done === true) {
          complete = true
          break
        }
        const wait = this.#stopped ? undefined : this.#send(encode(value))
        if (wait !== undefined) {
          await wait
        }
      }
    } catch (err) {
      this.failure = err
      await this.#leave()
      throw err
    }
    if (!complete) {
      await this.#leave()
    }
    return complete && !this.#stopped
  }

  #send (encoded: EncodedBody | Promise<EncodedBody>): Promise<void> | undefined {
    return encoded instanceof Promise ? encoded.then(encoded => this.#send(encoded)) : this.#write(encoded)
  }

  #write ({ codec, body }: EncodedBody): Promise<void> | undefined {
    this.#credit -= cost(body)
    // a receiver may grant more than is good for this end
    return this.#channel.item(codec, body) ? undefined : this.#channel.drained()
  }

  /** Lets the source clean up. What it throws by then is of no use to anybody. */
  #leave (): Promise<void> {
    const iterator = this.#iterator
    if (iterator === undefined) {
      return Promise.resolve()
    }
    this.#left ??= (async () => {
      try {
        await iterator.return?.()
      } catch {}
    })()
    return this.#left
  }
}
