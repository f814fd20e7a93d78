/** The gossip topic of node records. A hint only: nothing depends on whether a message arrives. */
import { decodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { MAX_GOSSIP } from '../wire/limits.ts'
import type { Counters } from './counters.ts'
import type { SignedRecord } from '../wire/discovery-codec.ts'
import type { Logger } from '@libp2p/interface'

interface Message { topic: string, data: Uint8Array }

/** What is used of a gossipsub service. */
export interface PubSubLike {
  topicValidators: Map<string, (peer: any, message: any) => any>
  subscribe: (topic: string) => void
  unsubscribe: (topic: string) => void
  publish: (topic: string, data: Uint8Array) => Promise<unknown>
  addEventListener: (type: 'message', listener: (event: CustomEvent<Message>) => void) => void
  removeEventListener: (type: 'message', listener: (event: CustomEvent<Message>) => void) => void
}

export interface GossipInit {
  topic: string
  /** Undefined when there is no such service. */
  pubsub: () => PubSubLike | undefined
  onRecords: (records: SignedRecord[]) => void
  counters: Counters
  log: Logger
}

export class Gossip {
  readonly #init: GossipInit
  #pubsub: PubSubLike | undefined

  constructor (init: GossipInit) {
    this.#init = init
  }

  /** Gossipsub forgets its subscriptions when it stops, so this is done at each start, after its own. */
  start (): void {
    const { topic, pubsub, log } = this.#init
    this.#pubsub = pubsub()
    if (this.#pubsub == null) return
    this.#pubsub.topicValidators.set(topic, (_, { data }: Message) => data.byteLength <= MAX_GOSSIP ? 'accept' : 'reject')
    this.#pubsub.addEventListener('message', this.#onMessage)
    try {
      this.#pubsub.subscribe(topic)
    } catch (err) {
      log.error('could not subscribe - %e', err)
    }
  }

  stop (): void {
    const { topic, log } = this.#init
    const pubsub = this.#pubsub
    this.#pubsub = undefined
    if (pubsub == null) return
    pubsub.removeEventListener('message', this.#onMessage)
    pubsub.topicValidators.delete(topic)
    try {
      pubsub.unsubscribe(topic)
    } catch (err) {
      log.trace('could not unsubscribe - %e', err)
    }
  }

  publish (frame: Uint8Array): void {
    const { topic, counters, log } = this.#init
    this.#pubsub?.publish(topic, frame).then(() => { counters.add('gossip_published') }, (err: Error) => {
      // nobody is there to hear it: the usual state of a first node
      if (!err.message.includes('NoPeersSubscribedToTopic')) log.error('could not publish - %e', err)
    })
  }

  readonly #onMessage = ({ detail }: CustomEvent<Message>): void => {
    const { topic, onRecords, counters } = this.#init
    if (detail.topic !== topic) return
    counters.add('gossip_received')
    try {
      const { records } = decodeDiscoveryFrame(detail.data)
      if (records != null) onRecords(records.records)
    } catch {
      counters.add('gossip_malformed')
    }
  }
}
