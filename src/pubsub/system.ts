/**
 * The topics that braid's own modules talked on, with their names, payloads and coders. They are local to a node: what
 * one node sees of the mesh is its own opinion, and must not remove nodes for others. They may be subscribed to like any
 * other topic, and listened to as events of {@link Pubsub}. Some may be made topics of the mesh: see `PubsubInit.system`.
 */
import { InvalidMessageError } from '../errors.ts'

/** A node as braid's messages describe it. */
export interface BraidNode {
  readonly ID: string
  readonly Name: string
  readonly Address: string
  readonly Port: number
  readonly Metadata: Readonly<Record<string, string>>
}

/** A node of a service came, went or changed. */
export interface UpdateMsg {
  readonly Nod: BraidNode
  /** `SERVICE_NODE_ADD`, `SERVICE_NODE_RMV` or `SERVICE_NODE_UPDATE`. */
  readonly Event: string
}

/** A token was unlinked. */
export interface UnlinkMsg {
  /** Its id. */
  readonly token: string
  /** By this node; others learn of it. */
  readonly decided: boolean
}

/** Tokens that are linked to a node. */
export interface LinkNumMsg {
  readonly ID: string
  readonly Num: number
}

/** This node's part in the election of its service; 0 EWait, 1 ESlave, 2 EMaster. */
export interface StateChangeMsg {
  readonly State: 0 | 1 | 2
  readonly ID: string
}

export const SERVICE_UPDATE = 'braid.topic.discover.service_update'
export const SERVICE_NODE_ADD = 'braid.topic.discover.service_node_add'
export const SERVICE_NODE_RMV = 'braid.topic.discover.service_node_rmv'
export const SERVICE_NODE_UPDATE = 'braid.topic.discover.service_node_update'
export const LINK_NUMBER = 'braid.topic.linkcache.service_link_number'
export const UNLINK = 'braid.topic.linkcache.unlink'
export const CHANGE_STATE = 'braid.topic.election.change_state'

/**
 * Those that may be topics of the whole mesh: what one node decides, or is. What a node sees of others is its own opinion.
 */
export const SHAREABLE = [UNLINK, LINK_NUMBER, CHANGE_STATE] as const

const SYSTEM = 'braid.topic.'

/** Whether a topic is one of the node's own: nothing that is published on it leaves the node, unless it is asked to. */
export function isSystem (topic: string): boolean {
  return topic.startsWith(SYSTEM)
}

export interface SystemEvents {
  [SERVICE_UPDATE]: CustomEvent<UpdateMsg>
  [SERVICE_NODE_ADD]: CustomEvent<UpdateMsg>
  [SERVICE_NODE_RMV]: CustomEvent<UpdateMsg>
  [SERVICE_NODE_UPDATE]: CustomEvent<UpdateMsg>
  [LINK_NUMBER]: CustomEvent<LinkNumMsg>
  /** Detail: the token. */
  [UNLINK]: CustomEvent<string>
  [CHANGE_STATE]: CustomEvent<StateChangeMsg>
}

function encode (value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function decode <T extends object> (bytes: Uint8Array, example: T): T {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (err) {
    throw new InvalidMessageError(`the body is not JSON: ${(err as Error).message}`)
  }
  for (const [key, like] of Object.entries(example)) {
    const found = (value as Record<string, unknown> | null)?.[key]
    if (typeof found !== typeof like || found === null) throw new InvalidMessageError(`the body has no ${key}`)
  }
  return value as T
}

/** Bodies of `SERVICE_UPDATE`. */
export const encodeUpdateMsg = (Event: string, Nod: BraidNode): Uint8Array => encode({ Nod, Event })
/** @throws InvalidMessageError */
export const decodeUpdateMsg = (body: Uint8Array): UpdateMsg => decode<UpdateMsg>(body, { Nod: { ID: '', Name: '', Address: '', Port: 0, Metadata: {} }, Event: '' })
/** Bodies of `LINK_NUMBER`. */
export const encodeNumMsg = (ID: string, Num: number): Uint8Array => encode({ ID, Num })
/** @throws InvalidMessageError */
export const decodeNumMsg = (body: Uint8Array): LinkNumMsg => decode<LinkNumMsg>(body, { ID: '', Num: 0 })
/** Bodies of `CHANGE_STATE`. */
export const encodeStateChangeMsg = (State: StateChangeMsg['State'], ID: string): Uint8Array => encode({ State, ID })
/** @throws InvalidMessageError */
export const decodeStateChangeMsg = (body: Uint8Array): StateChangeMsg => decode<StateChangeMsg>(body, { State: 0, ID: '' })
