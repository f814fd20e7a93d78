/** Gossip topics: one for each topic that somebody here publishes, consumes or keeps. A body that does not come is fetched. */
import { MAX_GOSSIP } from '../wire/limits.ts'
import { gossipTopic } from '../wire/protocols.ts'
import type { Logger, PeerId } from '@libp2p/interface'

interface SignedMessage { readonly type: 'signed', readonly from: PeerId, readonly topic: string, readonly data: Uint8Array }
type Message = SignedMessage | { readonly type: 'unsigned', readonly topic: string, readonly data: Uint8Array }

/** What is used of a gossipsub service. */
export interface GossipsubLike {
  topicValidators: Map<string, (peer: any, message: any) => any>
  subscribe: (topic: string) => void
  unsubscribe: (topic: string) => void
  publish: (topic: string, data: Uint8Array, options?: { batchPublish?: boolean }) => Promise<{ recipients: PeerId[] }>
  getSubscribers: (topic: string) => PeerId[]
  addEventListener: (type: 'message', listener: (event: CustomEvent<any>) => void) => void
  removeEventListener: (type: 'message', listener: (event: CustomEvent<any>) => void) => void
}

export interface TopicGossipInit {
  mesh: string
  /** Undefined when there is no such service. */
  gossipsub: () => GossipsubLike | undefined
  /** A batch whose signature is `from`'s. */
  onBatch: (topic: string, from: string, data: Uint8Array) => void
  count: (what: string) => void
  log: Logger
}

export class TopicGossip {
  readonly #init: TopicGossipInit
  /** By gossip topic: the topic, and how many parts of this node listen to it. */
  readonly #topics = new Map<string, { topic: string, users: number }>()
  #gossipsub: GossipsubLike | undefined

  constructor (init: TopicGossipInit) {
    this.#init = init
  }

  /** Gossipsub forgets its subscriptions when it stops, so this is done at each start, after its own. */
  start (): void {
    this.#gossipsub = this.#init.gossipsub()
    this.#gossipsub?.addEventListener('message', this.#onMessage)
    for (const name of this.#topics.keys()) this.#subscribe(name)
  }

  stop (): void {
    const gossipsub = this.#gossipsub
    gossipsub?.removeEventListener('message', this.#onMessage)
    for (const name of this.#topics.keys()) this.#unsubscribe(name)
    this.#gossipsub = undefined
  }

  /** Returns what ends it. */
  listen (topic: string): () => void {
    const name = gossipTopic(this.#init.mesh, topic)
    const entry = this.#topics.get(name) ?? { topic, users: 0 }
    this.#topics.set(name, entry)
    if (entry.users++ === 0) this.#subscribe(name)
    let ended = false
    return () => {
      if (ended) return
      ended = true
      if (--entry.users > 0) return
      this.#topics.delete(name)
      this.#unsubscribe(name)
    }
  }

  /** Peer ids of those who listen, as far as this node knows. */
  listeners (topic: string): string[] {
    return this.#gossipsub?.getSubscribers(gossipTopic(this.#init.mesh, topic)).map(String) ?? []
  }

  /** Resolves when it was written to those who listen. */
  async publish (topic: string, data: Uint8Array): Promise<void> {
    const { mesh, count, log } = this.#init
    try {
      // encoded once for all who get it
      await this.#gossipsub?.publish(gossipTopic(mesh, topic), data, { batchPublish: true })
      count('gossip_published')
    } catch (err) {
      // nobody is there to hear it, or a queue is full: what a member lacks it fetches
      if (!(err as Error).message.includes('NoPeersSubscribedToTopic')) log('could not publish on %s - %e', topic, err)
    }
  }

  #subscribe (name: string): void {
    const gossipsub = this.#gossipsub
    if (gossipsub === undefined) return
    try {
      gossipsub.topicValidators.set(name, (_, { data }: Message) => data.byteLength <= MAX_GOSSIP ? 'accept' : 'reject')
      gossipsub.subscribe(name)
    } catch (err) {
      this.#init.log.error('could not subscribe to %s - %e', name, err)
    }
  }

  #unsubscribe (name: string): void {
    const gossipsub = this.#gossipsub
    if (gossipsub === undefined) return
    gossipsub.topicValidators.delete(name)
    try {
      gossipsub.unsubscribe(name)
    } catch (err) {
      this.#init.log.trace('could not unsubscribe from %s - %e', name, err)
    }
  }

  readonly #onMessage = ({ detail }: CustomEvent<Message>): void => {
    const entry = this.#topics.get(detail.topic)
    if (entry === undefined || detail.type !== 'signed') return
    this.#init.count('gossip_received')
    this.#init.onBatch(entry.topic, detail.from.toString(), detail.data)
  }
}
