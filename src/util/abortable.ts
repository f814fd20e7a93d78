/** What `promise` gives, unless the signal aborts first; the promise itself goes on, and its failure is nobody's then. */
export async function abortable<T> (promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return promise
  }
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => { aborted.reject(signal.reason) }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([aborted.promise, promise])
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
