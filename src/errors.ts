/**
 * Every error a user of braid-mesh can meet. Check `err.name` (and `err.code` for calls) rather than
 * `instanceof`: two copies of the package may be loaded.
 */

/** gRPC's status codes, as strings (https://grpc.github.io/grpc/core/md_doc_statuscodes.html), without `OK`. */
export type ErrorCode =
  | 'CANCELLED' | 'UNKNOWN' | 'INVALID_ARGUMENT' | 'DEADLINE_EXCEEDED' | 'NOT_FOUND' | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED' | 'RESOURCE_EXHAUSTED' | 'FAILED_PRECONDITION' | 'ABORTED' | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED' | 'INTERNAL' | 'UNAVAILABLE' | 'DATA_LOSS' | 'UNAUTHENTICATED'

/** `OK` or an {@link ErrorCode}; its place in this list is its number on the wire, which is gRPC's number. */
export const STATUS_CODES = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS',
  'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE',
  'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'
] as const satisfies ReadonlyArray<'OK' | ErrorCode>

/** What {@link RpcError} carries beside its message. */
export interface RpcErrorInit extends ErrorOptions {
  /** Anything CBOR can carry; reaches the caller unchanged. */
  details?: unknown
  /** True only when the request certainly did not run, so that running it elsewhere is safe. @default false */
  retryable?: boolean
  /** Milliseconds to wait before asking again; below 0: do not ask again. */
  retryAfter?: number | undefined
  /** Id of the node that answered, or was asked. */
  node?: string
  /** See {@link RpcError.rawMessage}. @default the message */
  rawMessage?: string
}

/** A call that failed. Handlers throw it to choose the code; every other throw reaches the caller as `UNKNOWN`. */
export class RpcError extends Error {
  static override readonly name: string = 'RpcError'
  readonly code: ErrorCode
  /** What the handler, or whoever refused the call, said: the message without which call it was and at which node, to be shown to people. */
  readonly rawMessage: string
  readonly details: unknown
  readonly retryable: boolean
  /** How long the node that answered wants to be left alone, milliseconds. Below 0: for good. */
  readonly retryAfter: number | undefined
  readonly node: string | undefined

  constructor (code: ErrorCode, message: string, init: RpcErrorInit = {}) {
    super(message, init)
    this.name = 'RpcError'
    this.code = code
    this.rawMessage = init.rawMessage ?? message
    this.details = init.details
    this.retryable = init.retryable ?? false
    this.retryAfter = init.retryAfter
    this.node = init.node
  }
}

/** No node of the service could be found or reached before the deadline. Code `UNAVAILABLE`, retryable. */
export class ServiceUnavailableError extends RpcError {
  static override readonly name = 'ServiceUnavailableError'

  constructor (message: string, init: RpcErrorInit = {}) {
    super('UNAVAILABLE', message, { retryable: true, ...init })
    this.name = 'ServiceUnavailableError'
  }
}

/** Its name is that of its class. */
class NamedError extends Error {
  constructor (message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** A mesh, service, method, topic or channel name breaks the rule `[a-z0-9][a-z0-9._-]{0,63}`. */
export class InvalidNameError extends NamedError {
  static override readonly name = 'InvalidNameError'
  /** Calls may reject with it, too: as an {@link RpcError} has. */
  readonly code = 'INVALID_ARGUMENT'
  constructor (message = 'illegal name') { super(message) }
}

/** An option has a value that cannot work; the message says which and why. */
export class InvalidOptionsError extends NamedError {
  static override readonly name = 'InvalidOptionsError'
  /** Calls may reject with it, too: as an {@link RpcError} has. */
  readonly code = 'INVALID_ARGUMENT'
  constructor (message = 'invalid options') { super(message) }
}

/** The mesh was stopped, or is stopping, and takes no new work. */
export class MeshStoppedError extends NamedError {
  static override readonly name = 'MeshStoppedError'
  /** Calls may reject with it, too: as an {@link RpcError} has. */
  readonly code = 'UNAVAILABLE'
  constructor (message = 'the mesh is stopped') { super(message) }
}

/** This node cannot listen where it is to; the message says on which address, why, and what to do. */
export class ListenError extends NamedError {
  static override readonly name = 'ListenError'
  constructor (message = 'this node cannot listen where it is to', options?: ErrorOptions) { super(message, options) }
}

/** A peer that was dialled belongs to a mesh of another name, or to none. */
export class WrongMeshError extends NamedError {
  static override readonly name = 'WrongMeshError'
  constructor (message = 'the peer belongs to another mesh') { super(message) }
}

/** The browser says that there is no network: what cannot be reached is dialled again as soon as there is one. */
export class OfflineError extends NamedError {
  static override readonly name = 'OfflineError'
  constructor (message = 'this machine is offline') { super(message) }
}

/** This node cannot be dialled, and no relay has a place for it: only nodes it is connected with can reach it. */
export class RelayRefusedError extends NamedError {
  static override readonly name = 'RelayRefusedError'
  constructor (message = 'no relay has a place for this node', options?: ErrorOptions) { super(message, options) }
}

/** There is no path to a peer, or no direct one; the message says why, and what would help. */
export class NoPathError extends NamedError {
  static override readonly name = 'NoPathError'
  constructor (message = 'there is no path to the peer', options?: ErrorOptions) { super(message, options) }
}

/** Another process (or tab, or mesh of this process) holds this storage. */
export class StorageLockedError extends NamedError {
  static override readonly name = 'StorageLockedError'
  constructor (message = 'the storage is in use by another process', options?: ErrorOptions) { super(message, options) }
}

/** The storage could not be opened, read or written. */
export class StorageError extends NamedError {
  static override readonly name = 'StorageError'
  constructor (message = 'the storage failed', options?: ErrorOptions) { super(message, options) }
}

/** A frame is larger than its protocol allows; refused before it is sent, or the stream that carried it was cut. */
export class FrameTooLargeError extends NamedError {
  static override readonly name = 'FrameTooLargeError'
  constructor (message = 'frame too large') { super(message) }
}

/** A peer sent bytes that are not of the protocol. */
export class ProtocolError extends NamedError {
  static override readonly name = 'ProtocolError'
  constructor (message = 'malformed message') { super(message) }
}

/** The stream's write queue is at its limit: what was to be sent was not sent. */
export class WriteQueueFullError extends NamedError {
  static override readonly name = 'WriteQueueFullError'
  constructor (message = 'write queue full') { super(message) }
}

/** The remote did not accept the stream: nothing that was to be sent on it has run. */
export class StreamRefusedError extends NamedError {
  static override readonly name = 'StreamRefusedError'
  constructor (message = 'stream refused', options?: ErrorOptions) { super(message, options) }
}

/** The stream ended, by either side or with its connection. */
export class StreamEndedError extends NamedError {
  static override readonly name = 'StreamEndedError'
  constructor (message = 'stream ended', options?: ErrorOptions) { super(message, options) }
}

/** A peer was too slow: no first frame, a frame that drips, a full write queue that does not drain. */
export class StreamTimeoutError extends NamedError {
  static override readonly name = 'StreamTimeoutError'
  constructor (message = 'stream timed out') { super(message) }
}

/** A value that cannot travel: a function, a symbol, a cycle, a class of the runtime. The message names its place. */
export class EncodeError extends TypeError {
  static override readonly name = 'EncodeError'
  constructor (message = 'the value cannot be encoded') { super(message); this.name = 'EncodeError' }
}

/** The lease of this leader is over, or cannot be relied on any more: what it was about to do is another's to do. */
export class LeaseLostError extends NamedError {
  static override readonly name = 'LeaseLostError'
  constructor (message = 'this node does not lead any more', options?: ErrorOptions) { super(message, options) }
}

/** Only the leader can do that, and this node does not lead, or has no part in an election. The message says what to do. */
export class NotLeaderError extends NamedError {
  static override readonly name = 'NotLeaderError'
  constructor (message = 'this node does not lead') { super(message) }
}

/** A fencing token is older than one that was seen for this resource: its leader was replaced, and must not act. */
export class StaleTokenError extends NamedError {
  static override readonly name = 'StaleTokenError'
  constructor (message = 'the fencing token is stale') { super(message) }
}

/** The voters of a group are not what was asked for: too few, unknown, or two sets that contradict each other. */
export class VotersError extends NamedError {
  static override readonly name = 'VotersError'
  constructor (message = 'the voters are not what was asked for') { super(message) }
}

/** What an election must remember could not be stored, or was lost: this node does not vote with it. */
export class ElectionStoreError extends NamedError {
  static override readonly name = 'ElectionStoreError'
  constructor (message = 'the state of the election cannot be stored', options?: ErrorOptions) { super(message, options) }
}

/** Another live process uses this node's identity (a copied disk or machine): neither votes. */
export class IdentityConflictError extends NamedError {
  static override readonly name = 'IdentityConflictError'
  constructor (message = 'another process uses the identity of this node') { super(message) }
}

/** Two groups of one service exist that were both founded on purpose: an operator has to decide, with `recover`. */
export class GroupConflictError extends NamedError {
  static override readonly name = 'GroupConflictError'
  constructor (message = 'two groups of one service') { super(message) }
}

/** A write to the register of a group, or a read, was refused; `certain`: nothing of it was or will be done. */
export class RegisterError extends NamedError {
  static override readonly name = 'RegisterError'
  readonly why: 'not-leader' | 'not-ready' | 'condition' | 'full' | 'lost'
  readonly certain: boolean
  /** What a condition met. */
  readonly entry: unknown

  constructor (why: RegisterError['why'], certain: boolean, entry?: unknown) {
    super(`the register refused: ${why}`)
    this.why = why
    this.certain = certain
    this.entry = entry
  }
}

/** A record for the DHT is not what its rules ask for, or this server has no room for it. */
export class RecordRefusedError extends NamedError {
  static override readonly name = 'RecordRefusedError'
  readonly why: string

  constructor (why: string) {
    super(`the record was refused: ${why}`)
    this.why = why
  }
}

/** A token cannot be linked to that node, or all links of it ended: it is gone, is of another service, or takes no new tokens. */
export class LinkError extends NamedError {
  static override readonly name = 'LinkError'
  constructor (message = 'no token can be linked to that node', options?: ErrorOptions) { super(message, options) }
}

/** A service without voters, of browser tabs alone perhaps, has nobody who decides where its tokens are. */
export class NoAuthorityError extends NamedError {
  static override readonly name = 'NoAuthorityError'
  constructor (message = 'nobody decides about links of that service') { super(message) }
}

/** What was to be published cannot be a message: there is no body, or its topic's schema refuses it. */
export class InvalidMessageError extends NamedError {
  static override readonly name = 'InvalidMessageError'
  /** What the schema found (Standard Schema's issues). */
  readonly issues: readonly unknown[]

  constructor (message = 'the message is not valid', issues: readonly unknown[] = []) {
    super(message)
    this.issues = issues
  }
}

/** The topic's outbox is full: its channels are slower than its publisher. Nothing was published. */
export class OutboxFullError extends NamedError {
  static override readonly name = 'OutboxFullError'
  constructor (message = 'the outbox is full') { super(message) }
}

/** The channel, or its topic, was closed. */
export class ChannelClosedError extends NamedError {
  static override readonly name = 'ChannelClosedError'
  constructor (message = 'the channel is closed') { super(message) }
}

/** A channel's messages go to one handler or one iteration, not to two. */
export class ChannelInUseError extends NamedError {
  static override readonly name = 'ChannelInUseError'
  constructor (message = 'the channel is in use') { super(message) }
}
