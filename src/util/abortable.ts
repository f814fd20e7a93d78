/** What `promise` gives, unless the signal aborts first; the promise itself goes on. */
export async function abortable<T> (promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return promise
  }
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => { aborted.reject(signal.reason) }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Waits for the promise, or until the signal aborts. */
export async function untilAborted (promise: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  try {
    await abortable(promise, signal)
  } catch (err) {
    if (signal?.aborted !== true) throw err
  }
}
