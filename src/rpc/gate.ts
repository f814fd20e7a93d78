import { RpcError } from '../errors.ts'
import type { Context } from './context.ts'

/** How many calls of one method run at a time, and those that wait for their turn, the longest first. */
export class Gate {
  running = 0
  readonly #limit: number
  readonly #room: number
  readonly #waiting = new Map<Context, () => void>()
  #passing = false

  constructor (limit: number, room: number) {
    this.#limit = limit
    this.#room = room
  }

  get waiting (): number {
    return this.#waiting.size
  }

  /** It waits for its turn. */
  has (context: Context): boolean {
    return this.#waiting.has(context)
  }

  /** Run now, or when it is its turn, which it waits for: true. @throws RpcError - too many wait */
  enter (context: Context, run: () => void): boolean {
    const waits = this.running >= this.#limit
    if (!waits) {
      this.running++
      context.gated = true
      run()
    } else if (this.#waiting.size < this.#room) {
      this.#waiting.set(context, run)
    } else {
      throw new RpcError('RESOURCE_EXHAUSTED', `${this.running} calls of '${context.method}' run here and ${this.#waiting.size} wait already`, { retryable: true })
    }
    return waits
  }

  /** The handler is done, or the call ended before its turn came. */
  leave (context: Context): void {
    if (!context.gated) {
      this.#waiting.delete(context)
      return
    }
    context.gated = false
    this.running--
    this.#next()
  }

  /** A loop, as a handler that is done at once would call it again from within. */
  #next (): void {
    if (this.#passing) {
      return
    }
    this.#passing = true
    for (const [context, run] of this.#waiting) {
      if (this.running >= this.#limit) {
        break
      }
      this.#waiting.delete(context)
      this.running++
      context.gated = true
      run()
    }
    this.#passing = false
  }
}
