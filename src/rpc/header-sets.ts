/**
 * Headers that are the same in many calls, as credentials are: sent once on a stream, under a number, and by that number
 * from then on. Both ends keep the last few.
 */
import { ProtocolError } from '../errors.ts'
import { MAX_HEADER_SET, MAX_HEADER_SETS } from '../wire/limits.ts'
import { NO_TEXTS } from '../wire/rpc-read.ts'
import type { RequestFrame, TextMap } from '../wire/rpc-frames.ts'

/** What the peer has of this node's. */
export class SentHeaders {
  readonly #sets: TextMap[] = []
  #next = 1
  #last: TextMap | undefined
  #number = 0

  /** The number of these headers; 0: the peer does not have them. */
  find (headers: TextMap): number {
    if (headers !== this.#last) {
      this.#last = headers
      this.#number = this.#sets.indexOf(headers) + 1
    }
    return this.#number
  }

  /** The number that they may be sent under; 0: none, as they may change, are large, or are empty: a number alone means those of before. */
  place (headers: TextMap): number {
    const size = Object.isFrozen(headers) ? length(headers) : 0
    return size > 0 && size <= MAX_HEADER_SET ? this.#next : 0
  }

  /** They were sent under that number. */
  keep (headers: TextMap): void {
    this.#sets[this.#next - 1] = headers
    this.#last = undefined
    this.#next = this.#next % MAX_HEADER_SETS + 1
  }
}

/** What a peer has sent. */
export class ReceivedHeaders {
  readonly #sets: TextMap[] = []

  /** Puts the headers of a request in their place. @throws ProtocolError */
  resolve (request: RequestFrame): void {
    const { headers, headerSet } = request
    if (headers !== undefined && headers !== NO_TEXTS) {
      if (length(headers) > MAX_HEADER_SET) {
        throw new ProtocolError('headers that are too large to be kept')
      }
      // many calls are given them
      this.#sets[headerSet] = Object.freeze(headers)
      return
    }
    request.headers = this.#sets[headerSet]
    if (request.headers === undefined) {
      throw new ProtocolError(`headers number ${headerSet} were never sent`)
    }
  }
}

function length (headers: TextMap): number {
  let characters = 0
  for (const name in headers) {
    characters += name.length + (headers[name]?.length ?? 0)
  }
  return characters
}
