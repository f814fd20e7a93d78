/** A node that drains waits until nobody has a token here; when its time is over it asks its leader to give them to others. */
import { within } from '../util/deadline.ts'
import { pause } from '../util/timeouts.ts'
import { isCount } from './messages.core.ts'
import { COUNT, DOWN } from './methods.core.ts'
import type { Asker } from './asker.ts'
import type { Discovery } from '../discovery/index.ts'

/** Milliseconds between two looks at how many tokens it has. */
const LOOK = 250
/** Errors of a node that has no links: nobody decides about any, or it has stopped. */
const LINKLESS = new Set(['NoAuthorityError', 'MeshStoppedError'])
/** Milliseconds that its leader is asked to give them to others at the end, and that the drain waits for it. */
const GIVE_UP = 60_000
const WAIT_FOR_GIVEN = 2_000

export interface DrainInit {
  service: string
  discovery: Pick<Discovery, 'self' | 'nodes'>
  asker: Asker
  /** This node's own answers to {@link COUNT} and {@link DOWN}, while it leads. @throws NotLeading */
  count: (node: string) => Promise<number>
  down: (node: string) => Promise<unknown>
  onError: (err: unknown) => void
}

/** Until nobody has a token here, or the time is over: then the leader gives them to others. */
export async function drain ({ service, discovery, asker, count, down, onError }: DrainInit, signal: AbortSignal | undefined): Promise<void> {
  const { id } = discovery.self
  // somebody could take the tokens of this node, perhaps one who does not answer at the moment
  const isAccompanied = (): boolean => discovery.nodes(service).some(node => node.id !== id && (node.state === 'up' || node.state === 'suspect'))
  const ask = { method: COUNT, args: () => ({ n: id }), own: async () => count(id), read: (value: unknown) => isCount(value) ? value : 0 }
  while (signal?.aborted !== true) {
    if (!isAccompanied()) return
    const { value } = await asker.call(service, ask, LOOK).catch((err: Error) => ({ value: LINKLESS.has(err.name) ? 0 : 1 }))
    if (value === 0) return
    await pause(LOOK)
  }
  // a leader that cannot be asked now is asked again: until then nobody else may run these tokens
  const given = asker.call(service, { method: DOWN, args: () => ({ n: id }), own: async () => down(id), read: () => undefined }, GIVE_UP).then(() => {}, onError)
  await within(WAIT_FOR_GIVEN, given)
}
