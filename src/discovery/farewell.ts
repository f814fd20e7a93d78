import { recordFrames } from './frames.ts'
import { within } from '../util/deadline.ts'
import { pause } from '../util/timeouts.ts'
import { GOODBYE_TIMEOUT } from './numbers.ts'
import { now } from './timing.ts'
import type { Gossip } from './gossip.ts'
import type { Peers } from './peers.ts'

/** Tell all of them that this node leaves. Resolves when the streams have taken it. */
export async function sayGoodbye (signed: Uint8Array, members: readonly string[], { peers, gossip }: { peers: Peers, gossip: Gossip }): Promise<void> {
  const [frame] = recordFrames([signed])
  if (frame == null) return
  const until = now() + GOODBYE_TIMEOUT
  gossip.publish(frame)
  await within(GOODBYE_TIMEOUT, Promise.all(members.map(async id => {
    const peer = peers.peerId(id)
    if (peer != null) await peers.send(peer, frame, GOODBYE_TIMEOUT).catch(() => {})
  })))
  while (peers.queued(members) > 0 && now() < until) await pause(1)
}
