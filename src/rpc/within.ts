import { RpcError } from '../errors.ts'
import { PATIENCE } from './numbers.ts'
import { cancelled } from './outcome.ts'
import type { OutCall } from './out-call.ts'

/**
 * Code around a call, as an interceptor is, has the call's time and its signal, whatever it waits for: before the first
 * attempt, between two, or after the last. Throws what `begin` throws.
 */
export function within (call: OutCall, begin: () => Promise<unknown>): Promise<unknown> {
  // an interceptor may put another signal there for what is inside of it
  const signal = call.asked?.signal
  const result = begin()
  return new Promise((resolve, reject) => {
    const { timers, remaining } = call
    const what = `rpc ${call.service}/${call.method}`
    const onAbort = (): void => { reject(cancelled(what, signal?.reason)) }
    const timer = remaining === Infinity
      ? undefined
      : timers.after(remaining + PATIENCE, () => { reject(new RpcError('DEADLINE_EXCEEDED', `${what}: no answer in time; an interceptor had the call when it was over`)) })
    const leave = (): void => {
      signal?.removeEventListener('abort', onAbort)
      if (timer !== undefined) {
        timers.cancel(timer)
      }
    }
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) {
      onAbort()
    }
    Promise.resolve(result).then(value => { leave(); resolve(value) }, (error: unknown) => { leave(); reject(error) })
  })
}
