/** Milliseconds, monotonic. */
export function now (): number {
  return performance.now()
}

export async function pause (ms: number): Promise<void> {
  await new Promise(resolve => { setTimeout(resolve, ms) })
}
