import type { Results } from './stream-types.ts'

const DONE: IteratorResult<any, undefined> = { done: true, value: undefined }

/** Results whose call goes through interceptors when the first one is asked for. */
export class DeferredResults implements Results {
  readonly #open: () => Promise<AsyncIterable<unknown>>
  #inner: Promise<AsyncIterator<unknown>> | undefined
  #over = false

  constructor (open: () => Promise<AsyncIterable<unknown>>) {
    this.#open = open
  }

  async next (): Promise<IteratorResult<unknown, undefined>> {
    if (this.#over) {
      return DONE
    }
    this.#inner ??= this.#open().then(results => results[Symbol.asyncIterator]())
    const inner = await this.#inner
    // it was left while it was being opened
    return this.#over ? DONE : inner.next()
  }

  async return (): Promise<IteratorResult<unknown, undefined>> {
    this.#over = true
    const inner = await this.#inner?.catch(() => undefined)
    await inner?.return?.()
    return DONE
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator] (): this {
    return this
  }
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
