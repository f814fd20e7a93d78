/**
 * @packageDocumentation
 *
 * Calls between nodes: `handle` a method here, `invoke` a service's method anywhere. A call rides the peer's shared
 * stream; deadlines travel as remaining budget, cancels reach the handler's signal, errors keep their code.
 */
import type { NodeInfo } from '../discovery/index.ts'
import type { BalancerName, PickerFactory } from '../balancing/index.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** HMAC-SHA-256 of a token, hex. The token itself never leaves the process that was given it. */
export type TokenId = string

export interface InvokeOptions {
  /** The same token reaches the same node while it lives. */
  token?: string
  /** Milliseconds, from now to the answer. @default 5000, or what remains of the handler's own budget */
  timeout?: number
  signal?: AbortSignal
  /** Travels on into the calls that the handler makes. */
  metadata?: Readonly<Record<string, string>>
  /** For the called handler only. */
  headers?: Readonly<Record<string, string>>
  /** Call this node and no other. */
  node?: string
  /** @default 'random', with a token 'rendezvous' */
  balancer?: BalancerName | PickerFactory
  idempotencyKey?: string
  /** Called with the id of each node that the call is sent to: the last one is who answers. What it throws is ignored. */
  onNode?: (id: string) => void
}

/** What a handler knows of the call it serves. */
export interface HandlerContext {
  readonly method: string
  readonly caller: NodeInfo
  readonly token: TokenId | undefined
  readonly link: { readonly rank: string } | undefined
  /** Aborts when the caller cancels, its deadline passes, its connection is lost, or this node stops. */
  readonly signal: AbortSignal
  /** Milliseconds of budget left. */
  readonly remaining: number
  readonly metadata: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** {@link Rpc.invoke} that inherits token, deadline, metadata and cancellation. */
  invoke (service: string, method: string, args?: unknown, options?: InvokeOptions): Promise<unknown>
}

export type Handler = (args: any, context: HandlerContext) => unknown

export interface HandleOptions {
  /** Validates the arguments; a failure answers INVALID_ARGUMENT with the issues and the handler does not run. */
  input?: StandardSchemaV1
  /** Validates the result; a failure answers INTERNAL. */
  output?: StandardSchemaV1
}

/** Ends what it was returned for: `using served = mesh.rpc.handle(…)`. */
export interface Registration extends Disposable {
  close (): void
}

/** Decides the node of a token. `links` plugs in here; until then weighted rendezvous. */
export interface TokenRouter {
  /** The node that must take this token's call, or a promise of it. Undefined: no candidate. */
  route (token: TokenId, service: string, candidates: readonly NodeInfo[], exclude: ReadonlySet<string> | undefined): NodeInfo | undefined | Promise<NodeInfo | undefined>
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
}

export interface MethodStats {
  calls: number
  errors: number
  running: number
}

export interface Rpc {
  /**
   * Serve a method. Names: letters, digits, `.`, `_`, `-`, at most 64 characters.
   *
   * @throws InvalidNameError; Error when the method is served already
   */
  handle (method: string, handler: Handler, options?: HandleOptions): Registration
  /**
   * Call a method of a service and resolve to its result.
   *
   * @throws RpcError - with `code`, `retryable` and, when the remote handler threw one, its message and details
   */
  invoke (service: string, method: string, args?: unknown, options?: InvokeOptions): Promise<unknown>
  /** {@link TokenId} of a token. */
  tokenId (token: string): TokenId
  setTokenRouter (router: TokenRouter): void
  setLoadSource (source: LoadSource): void
  /** Refuse new calls, finish those that run. Resolves when none runs or the signal aborts. */
  drain (options?: { signal?: AbortSignal }): Promise<void>
  /** Per served method. */
  stats (): Record<string, MethodStats>
}

export { rpc } from './rpc.ts'
export type { RpcComponents } from './rpc.ts'
