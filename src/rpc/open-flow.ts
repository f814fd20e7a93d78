import { SETTLED } from './call.ts'
import { ClientFlow } from './client-flow.ts'
import { cancelled } from './outcome.ts'
import type { FlowHost } from './client-flow.ts'
import type { Client } from './client.ts'
import type { Call } from './call.ts'
import type { CallParent } from './prepare.ts'
import type { Results } from './stream-types.ts'

/**
 * Make a prepared call of sequences. One with a sequence of results begins when the first is asked for, any other at
 * once. Never throws: an error is what the results, or the promise, end with.
 */
export function startFlow (client: Client, call: Call, input: unknown, parent: CallParent | undefined): Results | Promise<unknown> {
  const host: FlowHost = {
    outcomes: client,
    maxBody: client.maxBody,
    label: node => client.links.label(node),
    begin: call => { begin(client, call, parent) },
    accepted: call => { client.accepted(call) },
    cancel: (call, reason) => { client.cancel(call, reason) }
  }
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
