/**
 * The node's own topics, fed with what discovery, the election and the links say, under braid's names. `#system`: pages load
 * it for those who ask for one of them.
 */
import { InvalidMessageError } from '../errors.ts'
import { LocalTopic } from './local-topic.ts'
import {
  CHANGE_STATE, decodeNumMsg, decodeStateChangeMsg, decodeUpdateMsg, encodeNumMsg, encodeStateChangeMsg, encodeUpdateMsg, LINK_NUMBER,
  SERVICE_NODE_ADD, SERVICE_NODE_RMV, SERVICE_NODE_UPDATE, SERVICE_UPDATE, UNLINK
} from './system.ts'
import type { NodeInfo } from '../discovery/index.ts'
import type { BraidNode, LinkNumMsg, StateChangeMsg, SystemEvents, UnlinkMsg } from './system.ts'
import type { Logger } from '@libp2p/interface'

const NODE_EVENTS = { 'node:add': SERVICE_NODE_ADD, 'node:update': SERVICE_NODE_UPDATE, 'node:remove': SERVICE_NODE_RMV } as const

type Detail<K extends keyof SystemEvents> = SystemEvents[K] extends CustomEvent<infer D> ? D : never

export interface SystemTopicsInit {
  self: string
  log: Logger
  /** Topics of the whole mesh: each node publishes there what it decides, or is, and nothing that it has heard. */
  shared: ReadonlySet<string>
  publish: (name: string, body: Uint8Array) => void
  emit: <K extends keyof SystemEvents>(type: K, detail: Detail<K>) => void
  /** Calls back with each change of this node's part in its election. Asked for when somebody wants to know. */
  onElection?: ((listener: (change: StateChangeMsg) => void) => void) | undefined
  /** Calls back with each token that is unlinked, by its id, and with each change of a node's number of links. Asked for likewise. */
  onLinks?: ((listener: (change: UnlinkMsg | LinkNumMsg) => void) => void) | undefined
}

export class SystemTopics {
  readonly #init: SystemTopicsInit
  readonly #topics = new Map<string, LocalTopic>()
  readonly #watched = new Set<'election' | 'links'>()

  constructor (init: SystemTopicsInit) {
    this.#init = init
    for (const name of init.shared) this.want(name)
  }

  topic ({ name }: { readonly name: string }): LocalTopic {
    const { self, log } = this.#init
    const topic = this.#topics.get(name) ?? new LocalTopic({ name, self, log, onPublish: body => { this.#published(name, body) } })
    this.#topics.set(name, topic)
    this.want(name)
    return topic
  }

  /** Somebody listens to it: an election is only watched, and so formed, for somebody. */
  want (topic: string): void {
    const source = topic === CHANGE_STATE ? 'election' : topic === UNLINK || topic === LINK_NUMBER ? 'links' : undefined
    if (source === undefined || this.#watched.has(source)) return
    this.#watched.add(source)
    const { onElection, onLinks } = this.#init
    if (source === 'election') onElection?.(change => { this.#say(CHANGE_STATE, change, encodeStateChangeMsg(change.State, change.ID)) })
    else {
      onLinks?.(change => {
        if ('token' in change) this.#say(UNLINK, change.token, new TextEncoder().encode(change.token), change.decided)
        else this.#say(LINK_NUMBER, change, encodeNumMsg(change.ID, change.Num))
      })
    }
  }

  /** `own`: this node is where it comes from. */
  #say <K extends keyof SystemEvents> (name: K, detail: Detail<K>, body: Uint8Array, own = true): void {
    const { emit, shared, publish } = this.#init
    emit(name, detail)
    if (!shared.has(name)) this.topic({ name }).emit(body)
    else if (own) publish(name, body)
  }

  /**
   * The application published on one of them.
   *
   * @throws InvalidMessageError - the body is not what braid has there
   */
  #published (topic: string, body: unknown): void {
    if (!(body instanceof Uint8Array)) throw new InvalidMessageError(`${topic}: expected bytes, as the encoders of system topics make them`)
    const { emit } = this.#init
    switch (topic) {
      case SERVICE_UPDATE:
        emit(SERVICE_UPDATE, decodeUpdateMsg(body))
        break
      case LINK_NUMBER:
        emit(LINK_NUMBER, decodeNumMsg(body))
        break
      case CHANGE_STATE:
        emit(CHANGE_STATE, decodeStateChangeMsg(body))
        break
      case UNLINK: {
        const token = new TextDecoder().decode(body)
        if (token !== '' && token !== 'nil') emit(UNLINK, token)
        break
      }
      default:
    }
  }

  /** Discovery's word on a node. */
  node (type: string, node: NodeInfo): void {
    const { emit } = this.#init
    if (node.service === undefined) return
    const event = NODE_EVENTS[type as keyof typeof NODE_EVENTS]
    const detail = { Nod: braidNode(node), Event: event }
    emit(event, detail)
    emit(SERVICE_UPDATE, detail)
    this.topic({ name: SERVICE_UPDATE }).emit(encodeUpdateMsg(event, detail.Nod))
  }
}

/** `Name` is the service, as in braid; the node's own name and weight are in the metadata. */
function braidNode ({ id, service = '', name, weight, addresses, metadata }: NodeInfo): BraidNode {
  const [address = ''] = addresses
  const port = /\/(?:tcp|udp)\/(\d+)/.exec(address)?.[1]
  const host = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)/.exec(address)?.[1]
  return { ID: id, Name: service, Address: host ?? address, Port: Number(port ?? 0), Metadata: { ...metadata, name, weight: String(weight) } }
}
