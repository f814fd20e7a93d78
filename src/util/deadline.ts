import { untilAborted } from './abortable.ts'

/** Milliseconds that a timer can wait; those that are to wait for longer would end at once. */
const LONGEST = 2 ** 31 - 1

/**
 * Run a task with a signal that aborts after `ms` milliseconds or with any of `signals`. Unlike `AbortSignal.timeout`
 * it leaves no timer behind when the task is done.
 */
export async function withDeadline <T> (ms: number, signals: ReadonlyArray<AbortSignal | undefined>, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = new AbortController()
  const timer = setTimeout(() => { timeout.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError')) }, Math.min(ms, LONGEST))
  try {
    return await task(AbortSignal.any([timeout.signal, ...signals.filter(signal => signal != null)]))
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for the promise, but not longer, nor beyond the end of `signal`. */
export async function within (ms: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await untilAborted(Promise.race([promise, new Promise(resolve => { timer = setTimeout(resolve, ms) })]), signal)
  } finally {
    clearTimeout(timer)
  }
}
