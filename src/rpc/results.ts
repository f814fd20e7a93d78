import type { Results } from './stream-types.ts'

/** Why a call is cancelled whose results are. */
export const LEFT = new Error('the results were left')

const DONE: IteratorResult<any, undefined> = { done: true, value: undefined }

/**
 * Results that are opened when the first one is asked for, as a call that goes through interceptors, or what an
 * intercepted handler yields. A generator would not do: it cannot be left while it waits.
 */
export class DeferredResults implements Results {
  readonly #open: (signal: AbortSignal) => Promise<AsyncIterable<unknown>>
  readonly #left = new AbortController()
  #inner: Promise<AsyncIterator<unknown>> | undefined

  /** The signal aborts when they are left or over, whether or not they are open. */
  constructor (open: (signal: AbortSignal) => Promise<AsyncIterable<unknown>>) {
    this.#open = open
  }

  async next (): Promise<IteratorResult<unknown, undefined>> {
    if (this.#left.signal.aborted) {
      return DONE
    }
    this.#inner ??= this.#open(this.#left.signal).then(results => results[Symbol.asyncIterator]())
    try {
      const inner = await this.#inner
      const result = this.#left.signal.aborted ? DONE : await inner.next()
      if (result.done === true) {
        this.#leave()
      }
      return result
    } catch (err) {
      if (this.#left.signal.aborted) {
        return DONE
      }
      this.#leave()
      throw err
    }
  }

  async return (): Promise<IteratorResult<unknown, undefined>> {
    this.#leave()
    const inner = await this.#inner?.catch(() => undefined)
    await inner?.return?.()
    return DONE
  }

  /** An interceptor may have opened more than it handed out, or handed out nothing: all of that ends, too. */
  #leave (): void {
    this.#left.abort(LEFT)
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator] (): this {
    return this
  }
}

/** Results that end with this error at once. */
export function failedResults (error: unknown): Results {
  return new DeferredResults(async () => { throw error })
}

/** Another iterator's items, each changed, by a promise too. What cannot be changed ends it. */
export function changed (items: AsyncIterator<unknown> | Iterator<unknown>, change: (item: any) => unknown): Results {
  const leave = async (): Promise<IteratorResult<unknown, undefined>> => {
    await items.return?.()
    return DONE
  }
  const own: Results = {
    next: async () => {
      const item = await items.next()
      if (item.done === true) {
        return DONE
      }
      try {
        return { done: false, value: await change(item.value) }
      } catch (err) {
        await leave().catch(() => {})
        throw err
      }
    },
    return: leave,
    [Symbol.asyncDispose]: async () => { await leave() },
    [Symbol.asyncIterator]: () => own
  }
  return own
}

/** The same results once the first of them is there: a call that fails before it fails here. */
export async function primed (results: Results): Promise<Results> {
  let first: IteratorResult<unknown, undefined> | undefined = await results.next()
  const primed: Results = {
    next: async () => {
      const result = first
      first = undefined
      return result ?? results.next()
    },
    return: async () => results.return(),
    [Symbol.asyncDispose]: async () => { await results.return() },
    [Symbol.asyncIterator]: () => primed
  }
  return primed
}
