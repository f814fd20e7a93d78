/** A promise, also one of another library. `then` is read rather than looked for, which engines do much faster. */
export function isThenable (value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
