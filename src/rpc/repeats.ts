/** Calls with a key that are sent more than once: what the later attempts have of the first that may have run. */
import { lifeOf } from '../wire/rpc-frames.ts'
import { mayHaveRun } from './outcome.ts'
import type { Call } from './call.ts'
import type { Discovery } from '../discovery/index.ts'

/** It goes to this node: in which life, and in which one it may have run there before. A later one knows nothing of that. */
export function aim (call: Call, node: string, discovery: Discovery): void {
  const lost = call.out?.lost
  call.life = lost?.node === node ? lifeOf(lost.incarnation) : 0
  call.incarnation = discovery.node(node)?.incarnation ?? 0
}

/** It has failed: the first that may have run is kept for those that come. */
export function note (call: Call, error: Error): void {
  if (call.out !== undefined && call.idempotencyKey !== undefined && mayHaveRun(error)) {
    call.out.lost ??= call
  }
}
