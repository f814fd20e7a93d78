/** Milliseconds, monotonic. */
export function now (): number {
  return performance.now()
}
