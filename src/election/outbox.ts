/** The outbox of a group: what may be sent leaves as frames. */
import { encodeElection } from '../wire/election-codec.ts'
import { Outbox } from './outbox.core.ts'
import type { Logger } from '@libp2p/interface'

export interface OutboxInit {
  send: (to: string, frame: Uint8Array) => void
  config: { readonly service: string }
  log: Logger
}

export function createOutbox ({ send, config, log }: OutboxInit): Outbox {
  return new Outbox(({ to, message }) => {
    try {
      send(to, encodeElection(config.service, { ...message }))
    } catch (err) {
      log.error('could not write a %s - %e', message.type, err)
    }
  })
}
