/** A leader's time in office as the tasks see it, and the tasks that wait for one. */
import { LeaseLostError, MeshStoppedError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { within } from '../util/deadline.ts'
import type { FencingToken, Lease } from './index.ts'
import type { AbortOptions } from '@libp2p/interface'

/** Milliseconds that tasks get to end once their signal has aborted, before the leadership is given away. */
const GRACE = 1_000

class Tenure implements Lease {
  readonly token: FencingToken
  readonly tasks = new Set<Promise<unknown>>()
  readonly #controller = new AbortController()
  readonly #holds: () => boolean

  constructor (token: FencingToken, holds: () => boolean) {
    this.token = token
    this.#holds = holds
  }

  get signal (): AbortSignal {
    return this.#controller.signal
  }

  /** By every clock: this process may have been stopped, and the timer that would have told not have run yet. */
  get over (): boolean {
    if (!this.signal.aborted && !this.#holds()) this.end(new LeaseLostError('the lease has run out'))
    return this.signal.aborted
  }

  check (): void {
    if (this.over) this.signal.throwIfAborted()
  }

  end (reason: LeaseLostError): void {
    if (!this.signal.aborted) this.#controller.abort(reason)
  }
}

export class Tenures {
  readonly #holds: () => boolean
  readonly #onError: (err: unknown) => void
  #current: Tenure | undefined
  #waiting: Array<PromiseWithResolvers<Tenure>> = []
  #stopped = false

  /** @param holds - whether the lease holds at this very moment, by every clock */
  constructor (holds: () => boolean, onError: (err: unknown) => void) {
    this.#holds = holds
    this.#onError = onError
  }

  stop (): void {
    this.#stopped = true
    this.end('the node is stopping')
    for (const { reject } of this.#waiting.splice(0)) reject(new MeshStoppedError())
  }

  /** Does nothing while one of that token runs. */
  begin (token: FencingToken): void {
    const running = this.#current?.signal.aborted === false ? this.#current.token : undefined
    if (running?.epoch === token.epoch && running.term === token.term) return
    this.end('its fencing token has changed')
    const tenure = this.#current = new Tenure(token, this.#holds)
    for (const { resolve } of this.#waiting.splice(0)) resolve(tenure)
  }

  end (why: string): void {
    const tenure = this.#current
    this.#current = undefined
    try {
      tenure?.end(new LeaseLostError(`this node does not lead any more: ${why}`))
    } catch (err) {
      this.#onError(err)
    }
  }

  /** Ends the tenure, and waits for its tasks a while. */
  async retire (why: string, { signal }: AbortOptions = {}): Promise<void> {
    const tasks = [...this.#current?.tasks ?? []]
    this.end(why)
    if (tasks.length > 0) await within(GRACE, Promise.allSettled(tasks), signal)
  }

  async run <T> (task: (lease: Lease) => Promise<T> | T, { signal }: AbortOptions = {}): Promise<T> {
    for (;;) {
      const tenure = await this.#next(signal)
      if (tenure.over) continue
      const running = (async () => task(signal === undefined ? tenure : shared(tenure, signal)))()
      tenure.tasks.add(running)
      try {
        const result = await running
        tenure.check()
        return result
      } catch (err) {
        // What a task throws once its lease is gone is told by the loss itself; whoever leads next does the work again.
        signal?.throwIfAborted()
        if (!tenure.signal.aborted) throw err
      } finally {
        tenure.tasks.delete(running)
      }
      // A task that ends at once must not be started again within the same term.
      if (this.#current === tenure) this.#current = undefined
    }
  }

  async #next (signal: AbortSignal | undefined): Promise<Tenure> {
    signal?.throwIfAborted()
    if (this.#stopped) throw new MeshStoppedError()
    if (this.#current !== undefined && !this.#current.signal.aborted) return this.#current
    const waiting = Promise.withResolvers<Tenure>()
    this.#waiting.push(waiting)
    try {
      return await abortable(waiting.promise, signal)
    } finally {
      this.#waiting = this.#waiting.filter(other => other !== waiting)
    }
  }
}

/** The lease as a task sees it whose caller may lose interest. */
function shared (tenure: Tenure, signal: AbortSignal): Lease {
  return {
    token: tenure.token,
    signal: AbortSignal.any([tenure.signal, signal]),
    check: () => {
      signal.throwIfAborted()
      tenure.check()
    }
  }
}
