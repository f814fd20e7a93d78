/**
 * @packageDocumentation
 *
 * braid-mesh: a microservice framework without servers. Start with {@link createMesh}.
 */
export { createMesh } from './mesh.ts'
export { discovery } from './discovery/index.ts'
export { election } from './election/index.ts'
export { rpc } from './rpc/index.ts'
export {
  ElectionStoreError, FrameTooLargeError, GroupConflictError, IdentityConflictError, InvalidNameError, InvalidOptionsError,
  LeaseLostError, MeshStoppedError, NotLeaderError, ProtocolError, RegisterError, RelayRefusedError, RpcError, ServiceUnavailableError,
  StaleTokenError, StorageError, StorageLockedError, StreamEndedError, StreamRefusedError, StreamTimeoutError, VotersError,
  WriteQueueFullError, WrongMeshError
} from './errors.ts'
export type { ErrorCode, RpcErrorInit } from './errors.ts'
export type { Mesh, MeshEvents, MeshStatus } from './mesh.ts'
export type { MeshOptions } from './mesh-options.ts'
export type { RelayOptions } from './transport/index.ts'
export type { Discovery, DiscoveryEvents, DiscoveryInit, Leadership, NodeInfo, NodeLoad, NodeState, SelfPatch } from './discovery/index.ts'
export type {
  Election, ElectionChange, ElectionEvents, ElectionInit, ElectionOptions, ElectionProfile, ElectionState, ElectionStatus,
  Fence, FencingToken, GroupView, Leader, Lease, Register, RegisterEntry, RegisterRank, RegisterWrite, VoterStatus
} from './election/index.ts'
export type {
  HandleOptions, Handler, HandlerContext, InvokeOptions, LoadSource, MethodStats, Registration, Rpc, RpcInit, TokenId,
  TokenRouter
} from './rpc/index.ts'
export type { BalancerName, Candidate, PickContext, Picker, PickerFactory } from './balancing/index.ts'
