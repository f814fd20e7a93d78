import { RpcError } from '../errors.ts'
import type { Timers } from './timers.ts'

/** Milliseconds after which code that does not come is given up, so that nobody waits for ever. */
const LOAD_TIMEOUT = 10_000

/** What is loaded when it is first needed. An attempt that failed, or takes too long, is made again by whoever asks next. */
export class Lazy<T> {
  /** Undefined: it was not loaded yet. */
  value: T | undefined
  readonly #what: string
  readonly #timers: Pick<Timers, 'after' | 'cancel'>
  readonly #make: () => Promise<T>
  #loading: Promise<T> | undefined

  /** @param what - for people, in the message of the error */
  constructor (what: string, timers: Pick<Timers, 'after' | 'cancel'>, make: () => Promise<T>) {
    this.#what = what
    this.#timers = timers
    this.#make = make
  }

  /** @throws RpcError `UNAVAILABLE`, retryable - it could not be loaded */
  async load (): Promise<T> {
    return this.value ?? (this.#loading ??= this.#load())
  }

  async #load (): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = this.#timers.after(LOAD_TIMEOUT, () => { late.reject(new Error(`it did not come within ${LOAD_TIMEOUT} ms`)) })
    try {
      const value = await Promise.race([this.#make(), late.promise])
      this.value = value
      return value
    } catch (cause) {
      throw new RpcError('UNAVAILABLE', `${this.#what}: the code could not be loaded`, { retryable: true, cause })
    } finally {
      this.#timers.cancel(timer)
      this.#loading = undefined
    }
  }
}
