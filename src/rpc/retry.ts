/** Interceptors that send a call more than once: after a failure, or before one. */
import { RpcError } from '../errors.ts'
import { backoff as delayOf } from '../util/backoff.core.ts'
import { timers } from '../util/timers.ts'
import { MAX_RETRY_AFTER } from '../wire/limits.ts'
import { RetryBudget } from './budget.core.ts'
import { clientHooks } from './passage.ts'
import type { ErrorCode } from '../errors.ts'
import type { ClientCall, ClientInterceptor, ClientNext } from './interceptor.ts'
import type { OutCall } from './out-call.ts'
import type { BackoffInit } from '../util/backoff.core.ts'

export interface RetryOptions {
  /** Times that a call is sent at most, the first one included: 1 to 10. @default 3 */
  attempts?: number
  /** Milliseconds before the second attempt, and between attempts at most; doubled each time, with jitter. @default { initial: 50, max: 1000 } */
  backoff?: { initial: number, max: number }
  /** Tokens of each service: a failure takes one, a success gives `ratio` back, and nothing is repeated at or below the half. @default { max: 10, ratio: 0.1 } */
  budget?: { max: number, ratio: number }
  /** Codes that are repeated when the call did not run, or may run twice. @default UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED */
  codes?: readonly ErrorCode[]
  /** Milliseconds that an attempt may take. @default what the call has left */
  perTry?: number
}

const CODES: readonly ErrorCode[] = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'ABORTED']
const MAX_ATTEMPTS = 10
/** Services with a bucket of their own; those beyond share one. */
const MAX_BUDGETS = 1_024

/** Running it twice does no harm. */
function isSafe (call: ClientCall): boolean {
  return call.options.idempotent === true || call.options.idempotencyKey !== undefined
}

function isRpcError (error: unknown): error is RpcError {
  return error instanceof Error && 'code' in error && 'retryable' in error
}

/**
 * Sends a call again that failed with one of `codes`, when it certainly did not run, or when it has an idempotency key or
 * is `idempotent`: after a pause, within the call's own deadline, and only while the service's budget lasts. A node that
 * names a time (`retryAfter` of its error) is left alone for so long, or for good when it is more than a minute. A call with a key goes to the same node
 * again, which alone knows whether it ran. Streams are repeated only if they were not begun.
 */
export function retry (options: RetryOptions = {}): ClientInterceptor {
  const policy = new RetryPolicy(options)
  return clientHooks({
    before: call => {
      call.perTry = options.perTry ?? call.perTry
      call.repeats = true
    },
    after: (call, _, over) => {
      if (!over.failed) {
        policy.budget(call.service).succeeded()
      }
    },
    recover: (call, error, next) => {
      const pause = policy.pause(call, error, 1)
      return pause === undefined ? undefined : again(policy, call, error, pause, next)
    }
  })
}

async function again (policy: RetryPolicy, call: ClientCall, error: unknown, first: number, next: () => Promise<unknown>): Promise<unknown> {
  let last = error
  let lost: RpcError | undefined
  let pause: number | undefined = first
  for (let attempt = 2; pause !== undefined; attempt++) {
    if (isRpcError(last) && !last.retryable) {
      lost ??= last
      if (call.options.idempotent !== true && last.node !== undefined) {
        // only this node knows whether the call of this key ran
        call.options.node = last.node
      }
    }
    await sleep(pause, call.options.signal)
    try {
      const result = await next()
      policy.budget(call.service).succeeded()
      return result
    } catch (err) {
      last = err
      if (lost !== undefined && isRpcError(err) && err.retryable) {
        // this attempt did not run, but the first one may have
        last = new RpcError(err.code, `${lost.message}; asked again: ${err.message}`, { node: lost.node ?? '', retryAfter: err.retryAfter, rawMessage: err.rawMessage, cause: err })
      }
    }
    pause = policy.pause(call, last, attempt)
  }
  throw last
}

class RetryPolicy {
  readonly #attempts: number
  readonly #backoff: BackoffInit
  readonly #tokens: { max: number, ratio: number }
  readonly #codes: readonly ErrorCode[]
  readonly #perTry: boolean
  readonly #budgets = new Map<string, RetryBudget>()

  constructor ({ attempts = 3, backoff = { initial: 50, max: 1_000 }, budget = { max: 10, ratio: 0.1 }, codes = CODES, perTry }: RetryOptions) {
    this.#attempts = Math.min(attempts, MAX_ATTEMPTS)
    this.#backoff = backoff
    this.#tokens = budget
    this.#codes = codes
    this.#perTry = perTry !== undefined
  }

  budget (service: string): RetryBudget {
    return this.#budgets.get(service) ?? this.#add(this.#budgets.size < MAX_BUDGETS ? service : '')
  }

  #add (key: string): RetryBudget {
    const budget = this.#budgets.get(key) ?? new RetryBudget(this.#tokens.max, this.#tokens.ratio)
    this.#budgets.set(key, budget)
    return budget
  }

  /** Milliseconds to wait before the next attempt; undefined: there is none. */
  pause (call: ClientCall, error: unknown, attempt: number): number | undefined {
    if (!isRpcError(error) || !this.#repeats(call, error)) {
      return undefined
    }
    const allowed = this.budget(call.service).failed()
    const pushback = error.retryAfter ?? 0
    const pause = Math.max(pushback, delayOf(attempt - 1, this.#backoff, Math.random))
    // its input may have been read
    const begun = call.kind === 'clientStream' || call.kind === 'bidi'
    return !allowed || begun || pushback < 0 || pushback > MAX_RETRY_AFTER || attempt >= this.#attempts || pause >= call.remaining ? undefined : pause
  }

  #repeats (call: ClientCall, error: RpcError): boolean {
    const safe = isSafe(call)
    const timedOut = this.#perTry && safe && error.code === 'DEADLINE_EXCEEDED'
    return (error.retryable || safe) && (timedOut || this.#codes.includes(error.code))
  }
}

export interface HedgeOptions {
  /** Milliseconds without an answer after which another node is asked too. */
  delay: number
  /** Nodes that are asked at most. @default 2 */
  max?: number
}

/**
 * Asks a second node when the first is slow, and takes the answer that comes first; the others are cancelled. Only unary
 * calls that may run twice, and that no token or node binds, are hedged.
 */
export function hedge ({ delay, max = 2 }: HedgeOptions): ClientInterceptor {
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
        if (isRpcError(error) && !error.retryable) {
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

async function sleep (ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = timers.after(ms, resolve)
  const onAbort = (): void => { resolve() }
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) {
    resolve()
  }
  await promise
  // the next attempt finds the signal aborted, and says so
  signal?.removeEventListener('abort', onAbort)
  timers.cancel(timer)
}
