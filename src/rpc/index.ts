/**
 * @packageDocumentation
 *
 * Calls between nodes: `handle` a method here, `invoke` a service's method anywhere. A call rides the peer's shared
 * stream; deadlines travel as remaining budget, cancels reach the handler's signal, errors keep their code. Bodies over
 * 64 KiB go by a second one. Sequences have a stream for each call: `handleStream` and `stream`.
 *
 * The receiver of a sequence grants its sender bytes (`wire/rpc.proto`, Credit): 256 KiB, up to 1 MiB while the reader
 * keeps up. A call is not begun elsewhere once its callee has granted: until then nothing of its input was read.
 *
 * A contract gives both sides their types; interceptors stand around calls on either side.
 *
 * @example
 *
 * ```ts
 * const login = defineService('login', { 'user.password': unary({ input: z.object({ name: z.string() }), output: z.string() }) })
 * mesh.rpc.serve(login, { 'user.password': ({ name }) => `hello ${name}` })
 * await mesh.rpc.client(login)['user.password']({ name: 'ada' })
 * ```
 */
import type { NodeInfo } from '../discovery/index.ts'
import type { RpcError } from '../errors.ts'
import type { BalancerName, PickerFactory } from '../balancing/index.ts'
import type { Called, CalledArgs, CalledMethods, CalledOutput, Contract, ContractClient, ContractHandlers } from './contract.ts'
import type { CallCounts } from './counts.ts'
import type { Interceptors, ServerInterceptor } from './interceptor.ts'
import type { InvokeAllOptions, NodeResult } from './scatter.ts'
import type { ClientOptions, ServeOptions } from './typed.ts'
import type { StreamCaller, StreamHandler, StreamHandlers, StreamKind } from './stream-types.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** HMAC-SHA-256 of a token, hex. The token itself never leaves the process that was given it. */
export type TokenId = string

export interface InvokeOptions {
  /** The same token reaches the same node while it lives. */
  token?: string | undefined
  /** Milliseconds, from now to the answer. @default 5000, or what remains of the handler's own budget */
  timeout?: number | undefined
  signal?: AbortSignal | undefined
  /** Travels on into the calls that the handler makes. */
  metadata?: Readonly<Record<string, string>> | undefined
  /** For the called handler only. */
  headers?: Readonly<Record<string, string>> | undefined
  /**
   * Call this node and no other. It judges all the same: a call with a token that is linked to another one does not run
   * there (`FAILED_PRECONDITION`; `details.owner` is the peer id of the other).
   */
  node?: string | undefined
  /** @default 'random', with a token 'rendezvous' */
  balancer?: BalancerName | PickerFactory | undefined
  /**
   * Names this call, so that it runs once however often it is sent: the node that ran it remembers the reply for five
   * minutes, for this caller and its credentials. A call that was lost in flight is sent again, to that node only, with
   * the headers that it had. Asked again by the application, a call of the same key goes to the same node, unless it names
   * another one (`token`, `node`, `balancer`, `prefer`); when nodes come or go some keys get another, which knows no reply.
   */
  idempotencyKey?: string | undefined
  /** Running it twice does no harm: a call that was lost in flight is sent again. @default false */
  idempotent?: boolean | undefined
  /** Ask this node first, if it is there. */
  prefer?: string | undefined
  /** Ask these nodes only when there is no other. */
  avoid?: ReadonlySet<string> | undefined
  /** Called with the id of each node that the call is sent to: the last one is who answers. What it throws is ignored. */
  onNode?: ((id: string) => void) | undefined
}

/** What a handler knows of the call it serves. */
export interface HandlerContext {
  readonly method: string
  readonly caller: NodeInfo
  readonly token: TokenId | undefined
  /**
   * Under which link of its token the call runs. Ranks grow with each link that is made, compared as texts: what is acted
   * upon refuses lower ones than it has seen.
   */
  readonly link: { readonly rank: string } | undefined
  /** Aborts when the caller cancels, its deadline passes, its connection is lost, or this node stops. */
  readonly signal: AbortSignal
  /** Milliseconds of budget left. */
  readonly remaining: number
  readonly metadata: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** {@link Rpc.invoke} that inherits token, deadline, metadata and cancellation. */
  invoke (service: string, method: string, args?: unknown, options?: InvokeOptions): Promise<unknown>
  /** {@link Rpc.stream}, inheriting as {@link invoke} does. */
  readonly stream: StreamCaller
  /** {@link Rpc.client}, inheriting as {@link invoke} does. */
  client<C extends Contract<any>> (contract: C, options?: ClientOptions): ContractClient<C>
}

export type Handler = (args: any, context: HandlerContext) => any

export interface HandleOptions {
  /** Validates the arguments; a failure answers INVALID_ARGUMENT with the issues and the handler does not run. */
  input?: StandardSchemaV1<any, any> | undefined
  /** Validates the result; a failure answers INTERNAL. */
  output?: StandardSchemaV1<any, any> | undefined
  /** Calls of this method that run at a time; others wait for their turn. @default as many as come */
  concurrency?: number | undefined
  /** Calls that may wait for their turn; beyond it they are refused, as RESOURCE_EXHAUSTED. @default 100 */
  queue?: number | undefined
  /** Inside of the room's. */
  interceptors?: readonly ServerInterceptor[] | undefined
  /** For `braid.describe`. */
  idempotent?: boolean | undefined
  description?: string | undefined
}

/** {@link HandleOptions} whose schemas give the handler its types. */
export type TypedOptions<I, O> = HandleOptions & { input?: StandardSchemaV1<any, I> | undefined, output?: StandardSchemaV1<O, any> | undefined }

/** Ends what it was returned for: `using served = mesh.rpc.handle(…)`. */
export interface Registration extends Disposable {
  close (): void
}

/** Where a token's call goes. A node of discovery is one. */
export interface Routed {
  /** Peer id. */
  readonly id: string
  /** What the {@link TokenGuard} of that node is told of the link. */
  readonly link?: Uint8Array | undefined
}

/** Decides the node of a token. `links` plugs in here; without it weighted rendezvous. */
export interface TokenRouter {
  /** It keeps to what it once decided: `balancer` and `prefer` of a call only propose. @default false */
  readonly binding?: boolean
  /**
   * The node that must take this token's call, or a promise of it. Undefined: no candidate. A rejection that is retryable
   * is tried again within the call's deadline.
   *
   * @param propose - whom the call itself would take, when it says so
   */
  route (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined, propose?: () => string | undefined): Routed | undefined | Promise<Routed | undefined>
  /** A node did not run a call, as it does not hold the token's link. Who does, by its own word. */
  moved? (token: TokenId, service: string, node: string, details: unknown): Routed | undefined
  /** What the {@link TokenGuard} of a node is told by a call whose caller has chosen that node itself. */
  claim? (token: TokenId, service: string, node: string): Uint8Array | undefined
}

/** What a {@link TokenGuard} answers: the link that the call runs under, undefined for none, or why it does not run. */
export type Admission = HandlerContext['link'] | RpcError

/** Decides at the called node whether it may run a token's call. `links` plugs in here; without it every call runs. */
export interface TokenGuard {
  /**
   * @param link - what the call says of its token's link: nothing if its caller knows of no links
   * @param caller - peer id
   */
  admit (token: Uint8Array, link: Uint8Array | undefined, caller: string): Admission | Promise<Admission>
  /** Whether a call that was admitted under this link, and waited for its turn since, may still run. @default true */
  holds? (link: NonNullable<HandlerContext['link']>): boolean
}

/** Tells how many links each node of a service holds, for the weights of the pickers. */
export interface LoadSource {
  links (node: string): number
}

export interface RpcInit {
  /** Milliseconds a call may take when its caller names no timeout. @default 5000 */
  timeout?: number
  /** Secret of the token ids. Without one, guessable tokens can be guessed. @default the mesh's name */
  secret?: string
  /** @default 16384 */
  maxPendingPerPeer?: number
  /** @default 65536 */
  maxPending?: number
  /** Streaming calls with one peer, each way. @default 256 */
  maxStreamsPerPeer?: number
  /** Streaming calls with all peers, each way. @default 2048 */
  maxStreams?: number
  /**
   * Bytes of arguments, of a result and of an item of a sequence, encoded; at most 64 MiB. A node that is sent more than
   * its own limit cuts the stream: raise it on all of them.
   *
   * @default 1048576
   */
  maxBody?: number
  /** Count the calls that this node makes, as it does those that it serves, for {@link Rpc.counts}. @default false */
  counted?: boolean
  /**
   * Load what serves calls, and what makes and serves those of sequences, when it is first needed instead of at the start.
   * Calls of others wait for it 1.5 s at most, 8 MiB of one peer and 32 MiB of all; then, and at once when it cannot be loaded,
   * they are refused with `UNAVAILABLE`, retryable, so that another node runs them. Own ones wait for 10 s at most. A node with
   * a service that could not load it is `draining` and tries again, up to once a minute. A browser may remember a failed import
   * for as long as its document lives: there a reload helps, and nothing else.
   *
   * @default false; in pages `createMesh` makes it true
   */
  lazy?: boolean
  /**
   * Code around every call but those of `braid.` methods, the first outermost. Without any, calls that may run twice are
   * retried, inside of what the interceptors of a client do; `retry({ attempts: 1 })` ends that.
   *
   * @default none
   */
  interceptors?: Interceptors
  /** Why this node has no path into the mesh, for the errors of calls that find nobody; undefined: it has one. `createMesh` knows. @default not known */
  isolation?: (() => readonly Error[] | undefined) | undefined
}

/** `braid.…` methods tell a node's; NOT_SERVING is the application's own word, DRAINING the room's. */
export type HealthStatus = 'SERVING' | 'NOT_SERVING' | 'DRAINING'

export interface MethodStats {
  calls: number
  errors: number
  running: number
  /** For their turn, where the method limits how many run. */
  waiting: number
  lastError?: string
  /** Milliseconds that the handler took, of a sample, within 10 %. */
  p50?: number
  p99?: number
}

/** A node's own: the answer to `braid.stats`. */
export interface NodeStats {
  methods: Record<string, MethodStats>
  /** Calls of others that run here. */
  running: number
  /** Calls of this node that are not settled. */
  pending: number
  /** Answers that came after nobody waited for them any more. */
  late: number
}

export interface Rpc {
  /**
   * Serve a method. Names: letters, digits, `.`, `_`, `-`, at most 64 characters, not beginning with `braid.`. Its arguments are what `input` makes of them, and its
   * result is what `output` takes.
   *
   * @throws InvalidNameError; RpcError `ALREADY_EXISTS` - the method is served already
   */
  handle<I = any, O = unknown>(method: string, handler: (args: I, context: HandlerContext) => NoInfer<O> | PromiseLike<NoInfer<O>>, options?: TypedOptions<I, O>): Registration
  /**
   * Call a method of a service and resolve to its result.
   *
   * @throws RpcError - with `code`, `retryable` and, when the remote handler threw one, its message and details
   * @throws MeshStoppedError - this node stops, or has; code `UNAVAILABLE`. Of a call that was sent its message says so
   * @throws InvalidNameError, InvalidOptionsError - nothing was sent; code `INVALID_ARGUMENT`
   */
  invoke (service: string, method: string, args?: unknown, options?: InvokeOptions): Promise<unknown>
  /**
   * Serve a method whose input, results or both are sequences. Its schemas check the items of those.
   *
   * @throws InvalidNameError; RpcError `ALREADY_EXISTS` - the method is served already
   */
  handleStream<K extends StreamKind, I = any, O = any>(method: string, kind: K, handler: StreamKind extends K ? StreamHandler : StreamHandlers<I, NoInfer<O>>[K], options?: TypedOptions<I, O>): Registration
  /**
   * Call a streaming method, on a stream of its own. A side that is not read, or does not read, holds the other up. Not
   * retried once a node has taken it; what the results end with is a {@link RpcError}, also when the node dies.
   */
  stream: StreamCaller
  /**
   * Serve each method of a contract.
   *
   * @throws InvalidOptionsError - no contract; this node is of another service; a method without a handler, or the other way round
   */
  serve<C extends Contract<any>> (contract: C, handlers: ContractHandlers<C>, options?: ServeOptions<C>): Registration
  /**
   * Typed calls of a contract's methods, to the newest version that is compatible with it. Arguments are checked where they
   * arrive. Results are checked where they leave, and taken at the word of that node: see {@link validate}.
   *
   * @throws InvalidOptionsError - no contract
   */
  client<C extends Contract<any>> (contract: C, options?: ClientOptions): ContractClient<C>
  /**
   * Call every node of a service at once. Resolves to what each answered, in the order of their ids, when all have, when
   * `count` have succeeded, or at the timeout; rejects only when nothing could be sent at all. A contract in place of the
   * service's name gives it types, as it gives them to {@link client}.
   *
   * @throws InvalidNameError, InvalidOptionsError, RpcError - nothing was sent
   *
   * @example
   *
   * ```ts
   * for (const result of await mesh.rpc.invokeAll(cache, 'size')) {
   *   console.log(result.node.name, result.status === 'fulfilled' ? result.value : result.reason.message)
   * }
   * ```
   */
  invokeAll<S extends Called, N extends CalledMethods<S>>(service: S, method: N, ...args: CalledArgs<S, N, InvokeAllOptions<CalledOutput<S, N>>>): Promise<Array<NodeResult<CalledOutput<S, N>>>>
  /**
   * Call without an answer. Resolves when the call was handed to the connection, not when it has run, which it does at
   * most once, unless it is `idempotent`; what the handler throws, and arguments that its schema refuses, are counted there
   * and told to nobody. A contract in place of the service's name gives the arguments their type.
   *
   * @throws as {@link invoke} - nothing was sent, or it was lost on its way
   */
  notify<S extends Called, N extends CalledMethods<S>>(service: S, method: N, ...args: CalledArgs<S, N, InvokeOptions>): Promise<void>
  /** What `braid.health` and `braid.health.watch` tell of this node. */
  readonly health: HealthStatus
  /** NOT_SERVING: balancers leave this node out until it is SERVING again. A node that drains stays as it is. */
  setHealth (status: 'SERVING' | 'NOT_SERVING'): void
  /** Of this node, as `braid.stats` tells others. */
  nodeStats (): NodeStats
  /** See {@link RpcInit}. */
  readonly maxBody: number
  /** {@link TokenId} of a token. */
  tokenId (token: string): TokenId
  setTokenRouter (router: TokenRouter): void
  setTokenGuard (guard: TokenGuard): void
  setLoadSource (source: LoadSource): void
  /**
   * Refuse new calls, finish those that run. Resolves when none runs or the signal aborts.
   *
   * @param options.linked - still take the calls of tokens that are linked to this node; resolves at once
   */
  drain (options?: { signal?: AbortSignal, linked?: boolean }): Promise<void>
  /**
   * Of each method, in the order in which they came: of those that this node serves, and with `counted` of those that it
   * calls, where each attempt of a retried call counts.
   */
  counts (): { served: readonly CallCounts[], made: readonly CallCounts[] }
  /** Per served method. */
  stats (): Record<string, MethodStats>
}

export type { CallKind, Results, Sequence, StreamCaller, StreamHandler, StreamHandlers, StreamKind, StreamOptions } from './stream-types.ts'
export { json } from './codec.ts'
export type { Codec } from './codec.ts'
export { bidi, clientStream, defineService, serverStream, unary } from './contract.ts'
export type { AnyOutput, Called, CalledArgs, CalledMethods, CalledOutput, Contract, ContractClient, ContractHandlers, ContractInputs, ContractOutputs, MethodContract, NoInput } from './contract.ts'
export { breaker } from './breaker.ts'
export type { Breaker, BreakerOptions } from './breaker.ts'
export { validate } from './checked-answers.ts'
export type { Checkable, Checked } from './checked-answers.ts'
export type { CallCounts } from './counts.ts'
export { auth, credentials, timeout } from './guards.ts'
export type { Description, MethodDescription } from './introspect.ts'
export { isDescription } from './is-description.ts'
export type {
  ClientCall, ClientInterceptor, ClientNext, Interceptors, ServerCall, ServerInterceptor, ServerNext
} from './interceptor.ts'
export { metrics } from './metrics.ts'
export type { CallMetrics, Metrics } from './metrics.ts'
export type { OtelApi } from './otel.ts'
export { hedge } from './hedge.ts'
export type { HedgeOptions } from './hedge.ts'
export type { Issue } from './validate.ts'
export { retry } from './retry.ts'
export type { RetryOptions } from './retry.ts'
export type { InvokeAllOptions, NodeResult } from './scatter.ts'
export { tracing } from './tracing.ts'
export type { Span, Tracing, TracingOptions } from './tracing.ts'
export type { ClientOptions, ServeOptions } from './typed.ts'
export { rpc } from './rpc.ts'
export type { RpcComponents } from './rpc.ts'
