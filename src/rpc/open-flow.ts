import { SETTLED } from './call.ts'
import { ClientFlow } from './client-flow.ts'
import { Inflow } from './inflow.ts'
import { cancelled } from './outcome.ts'
import { STREAMING } from './stream-types.ts'
import type { FlowHost } from './client-flow.ts'
import type { Client } from './client.ts'
import type { Call } from './call.ts'
import type { CallParent } from './prepare.ts'
import type { Results, StreamKind, StreamOptions } from './stream-types.ts'
import type { Trace } from '../wire/trace.ts'

/**
 * Make a streaming call. One with a sequence of results begins when the first is asked for, any other at once. Never
 * throws: an error is what the results, or the promise, end with.
 */
export function openFlow (client: Client, service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, parent: CallParent | undefined, trace?: Trace): Results | Promise<unknown> {
  const host: FlowHost = {
    outcomes: client,
    maxBody: client.maxBody,
    label: node => client.links.label(node),
    begin: call => { begin(client, call, parent) },
    accepted: call => { client.accepted(call) },
    cancel: (call, reason) => { client.cancel(call, reason) }
  }
  let call: Call
  try {
    call = client.prepare(service, method, kind === 'serverStream' ? input : undefined, options, parent)
  } catch (err) {
    return kind === 'clientStream' ? Promise.reject(err) : failedResults(err)
  }
  call.trace = trace ?? call.trace
  call.streaming = STREAMING[kind]
  call.timed = options?.timeout !== undefined || (parent !== undefined && parent.remaining !== Infinity)
  const flow = call.flow = new ClientFlow(call, input, host)
  return flow.results ?? new Promise((resolve, reject) => {
    call.resolve = resolve
    call.reject = reject
    flow.begin()
  })
}

/** Some time may have passed since it was prepared. */
function begin (client: Client, call: Call, parent: CallParent | undefined): void {
  try {
    client.admit(call)
    const ended = parent?.ended ?? (call.signal?.aborted === true ? call.signal.reason : undefined)
    if (ended !== undefined) {
      throw cancelled(call.what, ended)
    }
  } catch (err) {
    call.state = SETTLED
    call.reject(err)
    return
  }
  client.begin(call)
}

/** Results that end with this error at once. */
export function failedResults (error: unknown): Results {
  const results = new Inflow({ read: () => undefined, grant: () => {} })
  results.end(error as Error)
  return results
}
