/** Calls of sequences, from the side that makes them, until the code is there that does. */
import { RpcError } from '../errors.ts'
import { withDeadline } from '../util/deadline.ts'
import { abortable } from '../util/abortable.ts'
import { cancelled } from './outcome.ts'
import { DeferredResults, failedResults } from './results.ts'
import { STREAMING } from './stream-types.ts'
import type { Call } from './call.ts'
import type { Client } from './client.ts'
import type { CallParent } from './prepare.ts'
import type { Serving } from './serving.ts'
import type { Results, StreamKind, StreamOptions } from './stream-types.ts'
import type { Lazy } from '../util/lazy.ts'
import type { Trace } from '../wire/trace.ts'

interface Streaming {
  readonly client: Client
  /** Where the code is. */
  readonly room: Lazy<Serving>
  /** Aborts with MeshStoppedError. */
  readonly closing: AbortSignal
}

/**
 * Make a call of sequences. One with a sequence of results begins when the first is asked for, any other at once. Never
 * throws: an error is what the results, or the promise, end with.
 */
export function openFlow (side: Streaming, service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, parent: CallParent | undefined, trace?: Trace): Results | Promise<unknown> {
  const { client, room } = side
  let call: Call
  try {
    call = client.prepare(service, method, kind === 'serverStream' ? input : undefined, options, parent)
  } catch (err) {
    return kind === 'clientStream' ? Promise.reject(err) : failedResults(err)
  }
  call.trace = trace ?? call.trace
  call.streaming = STREAMING[kind]
  call.timed = options?.timeout !== undefined || (parent !== undefined && parent.remaining !== Infinity)
  if (room.value !== undefined) return room.value.open(call, input, parent)
  const open = async (left?: AbortSignal): Promise<any> => (await loaded(side, call, left)).open(call, input, parent)
  return kind === 'clientStream' ? open() : new DeferredResults(open)
}

/** It counts among the node's calls while it waits, and the time that it waits is its own. */
async function loaded ({ client, room, closing }: Streaming, call: Call, left: AbortSignal | undefined): Promise<Serving> {
  client.admit(call)
  client.pending++
  const began = performance.now()
  try {
    return await withDeadline(call.budget, [call.signal, left, closing], async signal => abortable(room.load(), signal))
  } catch (err) {
    if (call.signal?.aborted === true) throw cancelled(call.what, call.signal.reason)
    if ((err as Error).name !== 'TimeoutError') throw err
    throw new RpcError('DEADLINE_EXCEEDED', `${call.what}: the code that streams did not come in time; nothing was sent`, { cause: err })
  } finally {
    client.pending--
    call.budget = Math.max(1, call.budget - (performance.now() - began))
  }
}
