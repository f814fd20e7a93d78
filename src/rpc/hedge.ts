/** The interceptor that asks another node before the first one has failed. */
import { checkInteger, checkNumber } from '../util/refuse.ts'
import { timers } from '../util/timers.ts'
import { MAX_HEDGES } from './numbers.ts'
import { tellsRetryable } from './retry.ts'
import type { ClientInterceptor, ClientNext } from './interceptor.ts'
import type { OutCall } from './out-call.ts'

export interface HedgeOptions {
  /** Milliseconds without an answer after which another node is asked too. */
  delay: number
  /** Nodes that are asked at most: 1 to 1 000, or Infinity. @default 2 */
  max?: number
}

/**
 * Asks a second node when the first is slow, and takes the answer that comes first; the others are cancelled. Only unary
 * calls that may run twice, and that no token or node binds, are hedged.
 *
 * @throws InvalidOptionsError - no delay, or a number that cannot work
 */
export function hedge (options: HedgeOptions): ClientInterceptor {
  // an untyped caller may give nothing
  const { delay = NaN, max = 2 } = (options as HedgeOptions | undefined) ?? {}
  checkNumber('hedge: delay', delay)
  if (max !== Infinity) checkInteger('hedge: max', max, 1, MAX_HEDGES)
  return next => async call => {
    const { options } = call
    // a key is known to one node only: another one would run the call, too
    if (call.kind !== 'unary' || options.idempotent !== true || options.node !== undefined || options.token !== undefined) {
      return next(call)
    }
    return new Promise((resolve, reject) => { new Race(call as OutCall, next, delay, max, resolve, reject).start() })
  }
}

class Race {
  readonly #call: OutCall
  readonly #next: ClientNext
  readonly #delay: number
  readonly #max: number
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly #asked = new Set<string>()
  readonly #over = new AbortController()
  #before: object = {}
  #sent = 0
  #open = 0
  /** Of the first that failed and may have run. */
  #lost: Error | undefined
  #timer: ReturnType<typeof timers.after> | undefined

  constructor (call: OutCall, next: ClientNext, delay: number, max: number, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#call = call
    this.#next = next
    this.#delay = delay
    this.#max = max
    this.#resolve = resolve
    this.#reject = reject
  }

  start (): void {
    const { options } = this.#call
    const { onNode, avoid, signal } = options
    // an attempt after this race is one of its own
    this.#before = { onNode, avoid, signal }
    options.onNode = id => {
      this.#asked.add(id)
      onNode?.(id)
    }
    options.signal = signal === undefined ? this.#over.signal : AbortSignal.any([signal, this.#over.signal])
    this.#ask(avoid)
  }

  /** Unless every node is asked already. */
  #askAnother (avoid: ReadonlySet<string> | undefined): void {
    if (this.#call.nodes().some(({ id }) => !this.#asked.has(id))) {
      this.#ask(avoid)
    }
  }

  #ask (avoid: ReadonlySet<string> | undefined): void {
    this.#call.options.avoid = new Set([...avoid ?? [], ...this.#asked])
    this.#sent++
    this.#open++
    if (this.#sent < this.#max) {
      this.#timer = timers.after(this.#delay, () => { this.#askAnother(avoid) })
    }
    this.#try().then(
      value => { this.#end(() => { this.#resolve(value) }) },
      error => {
        // one that failed is no answer while another may still come
        if (tellsRetryable(error) && !error.retryable) {
          this.#lost ??= error
        }
        if (--this.#open === 0) {
          this.#end(() => { this.#reject(this.#lost ?? error) })
        }
      })
  }

  /** An interceptor below may throw at once. */
  async #try (): Promise<unknown> {
    return this.#next(this.#call)
  }

  /** Once: the options may be another race's by the time that those who lost have ended. */
  #end (settle: () => void): void {
    const { node } = this.#call
    if (this.#over.signal.aborted) {
      return
    }
    if (this.#timer !== undefined) {
      timers.cancel(this.#timer)
    }
    Object.assign(this.#call.options, this.#before)
    settle()
    this.#over.abort()
    // each that is cancelled leaves its own
    this.#call.node = node
  }
}
