/** What a dead letter carries: the message as it was, and in its headers what became of it. */
import { decodePayload, encodePayload } from '../wire/pubsub-codec.ts'
import { messageId } from './topic.ts'
import type { AssignerOutput, LogId, NewMessage } from './types.core.ts'
import type { BodyCodec } from '../wire/codecs.ts'

export function burial ({ topic, publisher, epoch }: LogId, channel: string, { message, attempt, reason }: Extract<AssignerOutput, { type: 'dead' }>): { id: string, message: NewMessage } {
  const id = messageId(topic, publisher, epoch, message.seq)
  let { payload } = message
  try {
    const { codec, headers, body } = decodePayload(message.payload)
    const more = new Map([
      ...headers, ['braid-topic', topic], ['braid-channel', channel], ['braid-id', id], ['braid-attempts', String(attempt)], ['braid-reason', reason.slice(0, 1_024)]
    ])
    payload = encodePayload({ codec: codec as BodyCodec, body: codec === 0 ? undefined : body }, more)
  } catch {
    // what nobody can read is buried as it is
  }
  return { id, message: { at: Date.now(), ttl: 0, key: message.key, payload } }
}
