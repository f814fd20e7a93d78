/**
 * @packageDocumentation
 *
 * braid-mesh: a microservice framework without servers. Start with {@link createMesh}.
 */
export { createMesh } from './mesh.ts'
export { discovery } from './discovery/index.ts'
export { rpc } from './rpc/index.ts'
export {
  FrameTooLargeError, InvalidNameError, InvalidOptionsError, MeshStoppedError, ProtocolError, RelayRefusedError, RpcError,
  ServiceUnavailableError, StorageError, StorageLockedError, StreamEndedError, StreamRefusedError, StreamTimeoutError,
  WriteQueueFullError, WrongMeshError
} from './errors.ts'
export type { ErrorCode, RpcErrorInit } from './errors.ts'
export type { Mesh, MeshEvents, MeshStatus } from './mesh.ts'
export type { MeshOptions } from './mesh-options.ts'
export type { RelayOptions } from './transport/index.ts'
export type { Discovery, DiscoveryEvents, DiscoveryInit, NodeInfo, NodeLoad, NodeState, SelfPatch } from './discovery/index.ts'
export type {
  HandleOptions, Handler, HandlerContext, InvokeOptions, LoadSource, MethodStats, Registration, Rpc, RpcInit, TokenId,
  TokenRouter
} from './rpc/index.ts'
export type { BalancerName, Candidate, PickContext, Picker, PickerFactory } from './balancing/index.ts'
