/**
 * Takes batches to those they are for: by gossip, and by the streams of those that are connected when that is all of them.
 * With three consumers on one machine a signed gossip message for each batch, checked by each and passed on to the
 * others, carried 25 000 acked messages a second, the streams 38 000: there is nothing to sign, as the connection tells
 * who speaks, and nobody gets a batch twice. Gossip reaches those that are not connected, and many at a small cost.
 */
import { MAX_GOSSIP } from '../wire/limits.ts'
import { encodeBatch, encodePubsub } from '../wire/pubsub-codec.ts'
import { DIRECT, ENVELOPE, OVERHEAD } from './numbers.ts'
import type { Context } from './context.ts'
import type { TopicGossip } from './gossip.ts'
import type { WireMessage } from './announced.ts'
import type { Batch, Message } from './types.core.ts'

const NOTHING = new Uint8Array(0)

export interface CourierInit {
  context: Context
  gossip: TopicGossip
}

export class Courier {
  readonly #init: CourierInit

  constructor (init: CourierInit) {
    this.#init = init
  }

  /** Resolves when the batch was written to the network. */
  async carry (batch: Batch): Promise<void> {
    const { context, gossip } = this.#init
    const { topic } = batch.log
    const most = context.init.direct ?? DIRECT
    const keepers = context.keepers(topic)
    const targets = new Set(keepers)
    for (const { members } of batch.channels) for (const member of members) targets.add(member)
    targets.delete(context.self)
    const connected = [...targets].filter(id => context.connected(id))
    if (connected.length === targets.size && connected.length <= most) {
      this.#send(connected, batch, keepers)
      return
    }
    const listeners = new Set(gossip.listeners(topic))
    const byGossip = batch.messages.reduce((sum, { payload }) => sum + payload.length + OVERHEAD, ENVELOPE) <= MAX_GOSSIP
    // who has only just begun to listen is not known to gossip yet
    this.#send(byGossip ? connected.filter(id => !listeners.has(id)).slice(0, DIRECT) : connected, batch, keepers)
    if (byGossip && listeners.size > 0) await gossip.publish(topic, encodeBatch(batch))
  }

  #send (targets: readonly string[], batch: Batch, keepers: readonly string[]): void {
    const { net } = this.#init.context
    let whole: Uint8Array | undefined
    for (const id of targets) {
      const part = keepers.includes(id) ? undefined : partOf(batch, id)
      net.sendFrame(id, part === undefined ? whole ??= encode(batch) : encode(part))
    }
  }
}

function encode (batch: Batch): Uint8Array {
  const message: WireMessage = { type: 'batch', batch }
  return encodePubsub(message)
}

/** The batch with the payloads that are for this node alone; undefined when that is all of it. */
function partOf (batch: Batch, id: string): Batch | undefined {
  const mine = batch.channels.map(({ members, to }) => ({ to, place: members.indexOf(id) + 1 })).filter(({ place }) => place > 0)
  let others = 0
  const messages = batch.messages.map((message, index): Message => {
    if (mine.some(({ to, place }) => to[index] === place)) return message
    others++
    return { ...message, key: undefined, payload: NOTHING }
  })
  return others === 0 ? undefined : { ...batch, messages }
}
