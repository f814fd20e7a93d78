/** A timer, of Node or of a browser, that keeps no process alive. */
export function unref <T> (timer: T): T {
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}

export async function pause (ms: number): Promise<void> {
  await new Promise(resolve => { setTimeout(resolve, ms) })
}
