/**
 * @packageDocumentation
 *
 * braid-mesh: a microservice framework without servers. Start with {@link createMesh}.
 */
export { createMesh } from './mesh.ts'
export { discovery } from './discovery/index.ts'
export {
  auth, bidi, breaker, clientStream, credentials, defineService, hedge, json, metrics, retry, rpc, serverStream, timeout, tracing, unary, validate
} from './rpc/index.ts'
export { election } from './election/index.ts'
export { links } from './links/index.ts'
export { defineTopic, pubsub } from './pubsub/index.ts'
export {
  ChannelClosedError, ChannelInUseError, ElectionStoreError, EncodeError, FrameTooLargeError, GroupConflictError, IdentityConflictError,
  InvalidMessageError, InvalidNameError, InvalidOptionsError, LeaseLostError, LinkError, ListenError, MeshStoppedError, NoAuthorityError, NoPathError, NotLeaderError, OfflineError, OutboxFullError,
  ProtocolError, RecordRefusedError, RegisterError, RelayRefusedError, RpcError, ServiceUnavailableError, StaleTokenError, StorageError, StorageLockedError,
  StreamEndedError, StreamRefusedError, StreamTimeoutError, VotersError,
  WriteQueueFullError, WrongMeshError
} from './errors.ts'
export type { ErrorCode, RpcErrorInit } from './errors.ts'
export type { Mesh, MeshConnectivity, MeshEvents } from './mesh-interface.ts'
export type { Life } from './page-life.ts'
export type { MeshOptions } from './mesh-options.ts'
export type { DirectPaths, OnPath, PathChange, RelayOptions } from './transport/index.ts'
export type { Discovery, DiscoveryComponents, DiscoveryEvents, DiscoveryInit, Leadership, NodeInfo, NodeLoad, NodeState, SelfPatch } from './discovery/index.ts'
export type {
  Election, ElectionChange, ElectionComponents, ElectionEvents, ElectionInit, ElectionOptions, ElectionProfile, ElectionState, ElectionStatus,
  Fence, FenceOptions, FencingToken, GroupView, Leader, Lease, LeaveOptions, Register, RegisterEntry, RegisterRank, RegisterWrite, VoterStatus
} from './election/index.ts'
export type {
  LinkAuthorityStatus, LinkChange, LinkEvents, LinkOptions, Links, LinksComponents, LinksOptions, LinksStatus, NodeLinks
} from './links/index.ts'
export type {
  CallStats, Health, HealthLevel, LinkCount, MeshSnapshot, MeshStatus, Monitor, MonitorEvents, MonitorOptions, PathInfo, PathTransport, Resources, ServiceInfo
} from './monitor/index.ts'
export type {
  Channel, ChannelInfo, ChannelSettings, Message, MessageHandler, OpenChannel, OutboxOptions, Place, PublishOptions, Pubsub, PubsubComponents, PubsubEvents, PubsubInfo, PubsubInit, Reached,
  Receipt, RetentionOptions, SubscribeOptions, SystemEvents, Topic, TopicContract, TopicInfo, TopicTracing, TypedTopic
} from './pubsub/index.ts'
export type {
  Admission, AnyOutput, Breaker, BreakerOptions, CallCounts, Called, CalledArgs, CalledMethods, CalledOutput, CallKind, CallMetrics, Checkable, Checked, ClientCall, ClientInterceptor, ClientNext, ClientOptions, Codec, Contract,
  ContractClient, ContractHandlers, ContractInputs, ContractOutputs, Description, HandleOptions, Handler, HandlerContext, HealthStatus, HedgeOptions,
  Interceptors, InvokeAllOptions, InvokeOptions, Issue, LoadSource, MethodContract, MethodDescription, MethodStats, Metrics,
  NodeResult, NodeStats, NoInput, OtelApi, Registration, Results, RetryOptions, Routed, Rpc, RpcComponents, RpcInit, Sequence, ServeOptions, ServerCall,
  ServerInterceptor, ServerNext, Span, StreamCaller, StreamHandler, StreamHandlers, StreamKind, StreamOptions, TokenGuard, TokenId, TokenRouter,
  Tracing, TracingOptions, TypedOptions
} from './rpc/index.ts'
export type { BalancerName, Candidate, PickContext, Picker, PickerFactory } from './balancing/index.ts'
