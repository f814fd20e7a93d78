/** Of either kind. */
export type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>

/** @throws TypeError - no sequence */
export function iteratorOf (source: unknown): AnyIterator {
  const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined
  const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.()
  if (iterator === undefined) {
    throw new TypeError('neither an async iterable nor an iterable')
  }
  return iterator
}
