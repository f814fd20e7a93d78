/** Feeds the node's own topics with what discovery, the election and the links say, under braid's names. */
import { InvalidMessageError } from '../errors.ts'
import {
  CHANGE_STATE, decodeNumMsg, decodeStateChangeMsg, decodeUpdateMsg, encodeNumMsg, encodeStateChangeMsg, encodeUpdateMsg, LINK_NUMBER,
  SERVICE_NODE_ADD, SERVICE_NODE_RMV, SERVICE_NODE_UPDATE, SERVICE_UPDATE, UNLINK
} from './system.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { LocalTopic } from './local-topic.ts'
import type { BraidNode, LinkNumMsg, StateChangeMsg, SystemEvents, UnlinkMsg } from './system.ts'

type Detail<K extends keyof SystemEvents> = SystemEvents[K] extends CustomEvent<infer D> ? D : never

export interface SystemTopicsInit {
  topic: (name: string) => LocalTopic
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
  readonly #watched = new Set<'election' | 'links'>()

  constructor (init: SystemTopicsInit) {
    this.#init = init
  }

  start (discovery: Discovery): void {
    discovery.addEventListener('node:add', this.#onAdd)
    discovery.addEventListener('node:update', this.#onUpdate)
    discovery.addEventListener('node:remove', this.#onRemove)
    for (const name of this.#init.shared) this.want(name)
  }

  stop (discovery: Discovery): void {
    discovery.removeEventListener('node:add', this.#onAdd)
    discovery.removeEventListener('node:update', this.#onUpdate)
    discovery.removeEventListener('node:remove', this.#onRemove)
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
    const { emit, topic, shared, publish } = this.#init
    emit(name, detail)
    if (!shared.has(name)) topic(name).emit(body)
    else if (own) publish(name, body)
  }

  /**
   * The application published on one of them.
   *
   * @throws InvalidMessageError - the body is not what braid has there
   */
  published (topic: string, body: unknown): void {
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

  #tell (event: typeof SERVICE_NODE_ADD | typeof SERVICE_NODE_RMV | typeof SERVICE_NODE_UPDATE, node: NodeInfo): void {
    const { emit, topic } = this.#init
    if (node.service === undefined) return
    const detail = { Nod: braidNode(node), Event: event }
    emit(event, detail)
    emit(SERVICE_UPDATE, detail)
    topic(SERVICE_UPDATE).emit(encodeUpdateMsg(event, detail.Nod))
  }

  readonly #onAdd = ({ detail }: CustomEvent<NodeInfo>): void => { this.#tell(SERVICE_NODE_ADD, detail) }
  readonly #onUpdate = ({ detail }: CustomEvent<NodeInfo>): void => { this.#tell(SERVICE_NODE_UPDATE, detail) }
  readonly #onRemove = ({ detail }: CustomEvent<NodeInfo>): void => { this.#tell(SERVICE_NODE_RMV, detail) }
}

/** `Name` is the service, as in braid; the node's own name and weight are in the metadata. */
function braidNode ({ id, service = '', name, weight, addresses, metadata }: NodeInfo): BraidNode {
  const [address = ''] = addresses
  const port = /\/(?:tcp|udp)\/(\d+)/.exec(address)?.[1]
  const host = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)/.exec(address)?.[1]
  return { ID: id, Name: service, Address: host ?? address, Port: Number(port ?? 0), Metadata: { ...metadata, name, weight: String(weight) } }
}
