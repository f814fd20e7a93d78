/** The interceptor that sends a call again after a failure. */
import { RpcError } from '../errors.ts'
import { untilAborted } from '../util/abortable.ts'
import { backoff as delayOf } from '../util/backoff.core.ts'
import { checkInteger, checkNumber } from '../util/refuse.ts'
import { timers } from '../util/timers.ts'
import { RetryBudget } from './budget.core.ts'
import { MAX_ATTEMPTS, MAX_BUDGETS } from './numbers.ts'
import { pushbackOf } from './outcome.ts'
import { clientHooks } from './passage.ts'
import type { ErrorCode } from '../errors.ts'
import type { InvokeOptions } from './index.ts'
import type { ClientCall, ClientInterceptor } from './interceptor.ts'
import type { BackoffInit } from '../util/backoff.core.ts'

export interface RetryOptions {
  /** Times that a call is sent at most, the first one included: 1 to 10. @default 3 */
  attempts?: number
  /** Milliseconds before the second attempt, and between attempts at most; doubled each time, with jitter. @default { initial: 50, max: 1000 } */
  backoff?: { initial?: number, max?: number }
  /** Tokens of each service: a failure takes one, a success gives `ratio` back, and nothing is repeated at or below the half. @default { max: 10, ratio: 0.1 } */
  budget?: { max?: number, ratio?: number }
  /** Codes that are repeated when the call did not run, or may run twice. @default UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED */
  codes?: readonly ErrorCode[]
  /** Milliseconds that an attempt may take. @default what the call has left */
  perTry?: number
}

const CODES: readonly ErrorCode[] = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'ABORTED']

/** Running the call twice does no harm. */
export function isSafe (options: InvokeOptions | undefined): boolean {
  return options !== undefined && (options.idempotent === true || options.idempotencyKey !== undefined)
}

/** By shape: an interceptor may throw errors of its own that say so. */
export function tellsRetryable (error: unknown): error is RpcError {
  return error instanceof Error && 'code' in error && 'retryable' in error
}

/**
 * Sends a call again that failed with one of `codes`, when it certainly did not run, or when it has an idempotency key or
 * is `idempotent`: after a pause, within the call's own deadline, and only while the service's budget lasts. A node that
 * names a time (`retryAfter` of its error) is left alone for so long, or for good when it is more than a minute. A call with a key goes to the same node
 * again, which alone knows whether it ran. Streams are repeated only if they were not begun.
 *
 * @throws InvalidOptionsError - a number that cannot work
 */
export function retry (options: RetryOptions = {}): ClientInterceptor {
  const { attempts, perTry, backoff: { initial, max } = {}, budget: { max: tokens, ratio } = {} } = options
  checkInteger('retry: attempts', attempts, 1, MAX_ATTEMPTS)
  for (const [name, value] of Object.entries({ initial, max, tokens, ratio, perTry })) checkNumber(`retry: ${name}`, value)
  return retrying(options)
}

/** {@link retry} with options that are known to work. */
export function retrying (options: RetryOptions): ClientInterceptor {
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
    if (tellsRetryable(last) && !last.retryable) {
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
      if (lost !== undefined && tellsRetryable(err) && err.retryable) {
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

  constructor ({ attempts = 3, backoff: { initial = 50, max = 1_000 } = {}, budget: { max: tokens = 10, ratio = 0.1 } = {}, codes = CODES, perTry }: RetryOptions) {
    this.#attempts = attempts
    this.#backoff = { initial, max }
    this.#tokens = { max: tokens, ratio }
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
    if (!tellsRetryable(error) || !this.#repeats(call, error)) {
      return undefined
    }
    const allowed = this.budget(call.service).failed()
    const pause = Math.max(pushbackOf(error), delayOf(attempt - 1, this.#backoff, Math.random))
    // its input may have been read
    const begun = call.kind === 'clientStream' || call.kind === 'bidi'
    return !allowed || begun || attempt >= this.#attempts || pause >= call.remaining ? undefined : pause
  }

  #repeats (call: ClientCall, error: RpcError): boolean {
    const safe = isSafe(call.options)
    const timedOut = this.#perTry && safe && error.code === 'DEADLINE_EXCEEDED'
    return (error.retryable || safe) && (timedOut || this.#codes.includes(error.code))
  }
}

async function sleep (ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = timers.after(ms, resolve)
  // the next attempt finds the signal aborted, and says so
  await untilAborted(promise, signal)
  timers.cancel(timer)
}
