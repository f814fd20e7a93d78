import { RpcError } from '../errors.ts'
import { backoff } from './backoff.core.ts'
import type { TimerHandle, Timers } from './timers.ts'

/** Milliseconds after which code that does not come is given up, so that nobody waits for ever. */
const LOAD_TIMEOUT = 10_000
/** Milliseconds between tries. */
const PAUSE = { initial: 1_000, max: 60_000 }
/** Failures in a row up to which whoever asks makes another try at once: of a glitch nothing is to be felt. */
const AT_ONCE = 2

/**
 * What is loaded when it is first needed. What failed, or takes too long, is tried again by who asks next, after some
 * failures at a pace; what comes after all is taken.
 */
export class Lazy<T, C = unknown> {
  /** Undefined: it was not loaded yet. */
  value: T | undefined
  readonly #what: string
  readonly #timers: Pick<Timers, 'after' | 'cancel'>
  readonly #load: () => Promise<T>
  #loading: Promise<T> | undefined
  #failures = 0
  /** The last failure, until its pause is over. */
  #failure: RpcError | undefined
  #pause: TimerHandle | undefined
  #wanted: (() => boolean) | undefined
  #failed: ((err: RpcError) => void) | undefined

  /**
   * @param what - for people, in the message of the error
   * @param make - called once
   */
  constructor (what: string, timers: Pick<Timers, 'after' | 'cancel'>, load: () => Promise<C>, make: (code: C) => T) {
    this.#what = what
    this.#timers = timers
    this.#load = async () => {
      const code = await load()
      return (this.value ??= make(code))
    }
  }

  /** @throws RpcError `UNAVAILABLE`, retryable - it could not be loaded, now or a short while ago */
  async load (): Promise<T> {
    if (this.value !== undefined) return this.value
    if (this.#failure !== undefined && this.#failures > AT_ONCE) throw this.#failure
    return (this.#loading ??= this.#try())
  }

  /** Load it, and after a failure again and again, for as long as it is `wanted`. `failed` hears of each failure. */
  keep (wanted: () => boolean, failed: (err: RpcError) => void): void {
    this.#wanted = wanted
    this.#failed = failed
    if (this.#failure === undefined) this.load().catch(() => {})
  }

  async #try (): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = this.#timers.after(LOAD_TIMEOUT, () => { late.reject(new Error(`it did not come within ${LOAD_TIMEOUT} ms`)) })
    if (this.#pause !== undefined) this.#timers.cancel(this.#pause)
    try {
      return await Promise.race([this.#load(), late.promise])
    } catch (cause) {
      const failure = new RpcError('UNAVAILABLE', `${this.#what}: the code could not be loaded`, { retryable: true, cause })
      this.#failure = failure
      this.#pause = this.#timers.after(backoff(this.#failures++, PAUSE, Math.random), () => {
        this.#failure = undefined
        if (this.#wanted?.() === true) this.load().catch(() => {})
      })
      this.#failed?.(failure)
      throw failure
    } finally {
      this.#timers.cancel(timer)
      this.#loading = undefined
    }
  }
}
