/** Puts the two sides of the room on one set of streams, for as long as the node runs. */
import { serviceCapabilities } from '@libp2p/interface'
import { needed } from '../discovery/optional.ts'
import { InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { peerStreams } from '../streams/index.ts'
import { timers as sharedTimers } from '../util/timers.ts'
import { MadeCalls } from './counts.ts'
import { Health } from './health.ts'
import { Methods } from './methods.ts'
import { GRACE } from './numbers.ts'
import { resolveRpcOptions } from './options.ts'
import { ENCODED } from './prepare.ts'
import { failedResults } from './results.ts'
import { scatter } from './scatter.ts'
import { Session } from './session.ts'
import { STREAMING } from './stream-types.ts'
import { TokenIds } from './token-ids.ts'
import { clientOf, named, serveAll } from './typed.ts'
import type { Contract, ContractClient, ContractHandlers } from './contract.ts'
import type { CallCounts } from './counts.ts'
import type {
  HandleOptions, Handler, HealthStatus, InvokeOptions, LoadSource, MethodStats, NodeStats, Registration, Rpc, RpcInit, TokenGuard,
  TokenId, TokenRouter
} from './index.ts'
import type { ClientInterceptor } from './interceptor.ts'
import type { RpcOptions } from './options.ts'
import type { Sharing } from './prepare.ts'
import type * as serving from './serving.ts'
import type { InvokeAllOptions, NodeResult } from './scatter.ts'
import type { ClientOptions, ServeOptions } from './typed.ts'
import type { Results, Sequence, StreamHandler, StreamKind, StreamOptions } from './stream-types.ts'
import type { Discovery } from '../discovery/index.ts'
import type { PeerStreams, PeerStreamsComponents, PeerStreamsInit } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { Logger, Startable } from '@libp2p/interface'

/** What {@link rpc} needs of libp2p, and of the services beside it. */
export interface RpcComponents extends PeerStreamsComponents {
  /** The service `discovery: discovery()`, under that key. */
  discovery?: Discovery
}

/**
 * The room as a libp2p service.
 *
 * @throws InvalidOptionsError - an option that cannot work; from `start()`: no `discovery` service beside it
 *
 * @example
 *
 * ```ts
 * const node = await createLibp2p({ services: { identify: identify(), discovery: discovery({ service: 'login' }), rpc: rpc() } })
 * node.services.rpc.handle('user.password', ({ name }) => `hello ${name}`)
 * ```
 */
export function rpc (init: RpcInit = {}): (components: RpcComponents) => Rpc {
  const options = resolveRpcOptions(init)
  return components => new RpcService(components, options)
}

/** What tests put their own in place of. */
export interface Seams {
  timers: Timers
  streams: (components: PeerStreamsComponents, init: PeerStreamsInit) => PeerStreams
  load: () => Promise<typeof serving>
}

const SEAMS: Seams = { timers: sharedTimers, streams: peerStreams, load: async () => import('#serving') }

export class RpcService implements Rpc, Startable {
  readonly [Symbol.toStringTag] = '@braid/rpc'
  readonly [serviceCapabilities]: string[] = ['@braid/rpc']
  readonly #components: RpcComponents
  readonly #options: RpcOptions
  readonly #seams: Seams
  readonly #log: Logger
  readonly #methods = new Methods(() => { this.#session?.publishMethods() })
  readonly #health = new Health()
  readonly #made: MadeCalls
  #session: Session | undefined
  #stopping: Promise<void> | undefined
  #tokens: TokenIds | undefined
  #router: TokenRouter | undefined
  #guard: TokenGuard | undefined
  #loads: LoadSource | undefined

  constructor (components: RpcComponents, options: RpcOptions, seams: Partial<Seams> = {}) {
    this.#components = components
    this.#options = options
    this.#seams = { ...SEAMS, ...seams }
    this.#made = new MadeCalls(options.counted)
    this.#log = components.logger.forComponent('braid:rpc')
  }

  async start (): Promise<void> {
    if (this.#session !== undefined) {
      return
    }
    const discovery = this.#discovery()
    const session = new Session({
      discovery,
      options: this.#options,
      methods: this.#methods,
      tokens: this.#tokenIds(),
      timers: this.#seams.timers,
      createStreams: init => this.#seams.streams(this.#components, init),
      router: this.#router,
      guard: this.#guard,
      loads: this.#loads,
      made: this.#made,
      load: this.#seams.load,
      node: {
        rpc: this,
        methods: this.#methods,
        health: this.#health,
        about: () => ({ id: discovery.self.id, service: discovery.self.service, methods: this.#session?.describe() ?? [] })
      },
      onServing: failure => { this.#onServing(failure) }
    })
    this.#session = session
    this.#health.reset()
    try {
      await session.start()
    } catch (err) {
      this.#session = undefined
      throw err
    }
  }

  /** Before libp2p begins to close connections: what runs must still be able to answer. */
  async beforeStop (): Promise<void> {
    await this.#finish()
  }

  async stop (): Promise<void> {
    const session = this.#session
    if (session !== undefined) {
      await this.#finish()
      this.#session = undefined
      this.#stopping = undefined
      await session.close()
    }
  }

  async drain (options: { signal?: AbortSignal, linked?: boolean } = {}): Promise<void> {
    this.#health.set('DRAINING')
    if (options.linked === true) {
      this.#session?.keepLinked('the node is draining')
      return
    }
    await this.#session?.drain('the node is draining', options.signal)
  }

  handle (method: string, handler: Handler, options: HandleOptions = {}): Registration {
    return this.#methods.add(method, handler, options, this.#options.interceptors.server)
  }

  handleStream (method: string, kind: StreamKind, handler: StreamHandler, options: HandleOptions = {}): Registration {
    // an untyped caller may name anything
    if (!(STREAMING[kind] > 0)) {
      throw new InvalidOptionsError(`'${method}': kind must be serverStream, clientStream or bidi, not ${String(kind)}`)
    }
    // one value is checked as that of every method; the items of a sequence are, as they pass
    const whole: HandleOptions = {
      ...options,
      input: kind === 'serverStream' ? options.input : undefined,
      output: kind === 'clientStream' ? options.output : undefined
    }
    return this.#methods.add(method, handler, whole, this.#options.interceptors.server, kind, options)
  }

  stream (service: string, method: string, kind: 'clientStream', input: Sequence, options?: StreamOptions): Promise<unknown>
  stream (service: string, method: string, kind: 'serverStream' | 'bidi', input?: unknown, options?: StreamOptions): Results
  stream (service: string, method: string, kind: StreamKind, input?: unknown, options?: StreamOptions): Results | Promise<unknown>
  stream (service: string, method: string, kind: StreamKind, input?: unknown, options?: StreamOptions): Results | Promise<unknown> {
    return this.#stream(service, method, kind, input, options, undefined)
  }

  invoke (service: string, method: string, args?: unknown, options?: InvokeOptions): Promise<unknown> {
    return this.#invoke(service, method, args, options, undefined)
  }

  serve<C extends Contract<any>> (contract: C, handlers: ContractHandlers<C>, options?: ServeOptions<C>): Registration {
    const { service } = this.#discovery().self
    // what is none is told as such
    if (contract?.service !== undefined && service !== contract.service) {
      throw new InvalidOptionsError(`the contract is of service '${contract.service}', and this node of ${service === undefined ? 'none' : `'${service}'`}: give createMesh that service`)
    }
    return serveAll(contract, handlers, this, options)
  }

  client<C extends Contract<any>> (contract: C, options?: ClientOptions): ContractClient<C> {
    return clientOf(contract, {
      invoke: (service, method, args, options, own) => this.#invoke(service, method, args, options, own),
      stream: (service, method, kind, input, options, own) => this.#stream(service, method, kind, input, options, own)
    }, options)
  }

  async invokeAll (of: string | Contract<any>, name: string, given?: unknown, asked: InvokeAllOptions<any> = {}): Promise<Array<NodeResult<any>>> {
    const [service, method, args, options = {}, read] = named(of, name, given, asked)
    // what is wrong with all of them is no node's answer
    const { service: called, codec, body } = this.#running().client.prepare(service, method, args, options, undefined)
    const nodes = this.#discovery().nodes(called).filter(({ state }) => state === 'up' || state === 'suspect')
    const sharing: Sharing = { [ENCODED]: { args, codec, body } }
    return scatter(nodes, async options => read(await this.invoke(service, method, args, { ...options, ...sharing })), options)
  }

  async notify (of: string | Contract<any>, name: string, given?: unknown, asked?: InvokeOptions): Promise<void> {
    const [service, method, args, options] = named(of, name, given, asked)
    await this.#running().calls.invoke(service, method, args, options, undefined, undefined, true)
  }

  get health (): HealthStatus {
    return this.#health.status
  }

  setHealth (status: 'SERVING' | 'NOT_SERVING'): void {
    if (this.#health.set(status)) this.#discovery().update({ state: this.#health.state })
  }

  /** Nobody is to call a node that could not run it. */
  #onServing (failure: Error | undefined): void {
    if (failure !== undefined) this.#log.error('takes no calls until the code is there that serves them - %e', failure.cause)
    if (this.#discovery().self.service === undefined || (failure === undefined && !this.#health.unserved)) return
    this.#health.unserved = failure !== undefined
    // a node that drains has told so itself
    if (this.#health.status !== 'DRAINING') this.#discovery().update({ state: this.#health.state })
  }

  nodeStats (): NodeStats {
    const session = this.#session
    return { running: session?.running ?? 0, pending: session?.client.pending ?? 0, late: (session?.client.links.late ?? 0) + (session?.client.bulk.late ?? 0), methods: this.stats() }
  }

  get maxBody (): number {
    return this.#options.maxBody
  }

  tokenId (token: string): TokenId {
    return this.#tokenIds().get(token).id
  }

  setTokenRouter (router: TokenRouter): void {
    this.#router = router
    this.#session?.targets.setRouter(router)
  }

  setTokenGuard (guard: TokenGuard): void {
    this.#guard = guard
    this.#session?.setGuard(guard)
  }

  setLoadSource (source: LoadSource): void {
    this.#loads = source
    this.#session?.setLoads(source)
  }

  stats (): Record<string, MethodStats> {
    return this.#methods.stats()
  }

  counts (): { served: CallCounts[], made: CallCounts[] } {
    return { served: [...this.#methods.values()], made: this.#made.all() }
  }

  /** @throws MeshStoppedError */
  #running (): Session {
    const session = this.#session
    if (session === undefined || this.#stopping !== undefined) {
      throw new MeshStoppedError(session === undefined ? 'rpc is not started, or was stopped' : 'rpc is stopping')
    }
    return session
  }

  #invoke (service: string, method: string, args: unknown, options: InvokeOptions | undefined, own: readonly ClientInterceptor[] | undefined): Promise<unknown> {
    try {
      return this.#running().calls.invoke(service, method, args, options, undefined, own)
    } catch (err) {
      return Promise.reject(err)
    }
  }

  #stream (service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, own: readonly ClientInterceptor[] | undefined): Results | Promise<unknown> {
    try {
      return this.#running().calls.stream(service, method, kind, input, options, undefined, own)
    } catch (err) {
      return kind === 'clientStream' ? Promise.reject(err) : failedResults(err)
    }
  }

  async #finish (): Promise<void> {
    const session = this.#session
    if (session !== undefined) {
      this.#health.set('DRAINING')
      this.#stopping ??= session.finish(GRACE)
      await this.#stopping
    }
  }

  #tokenIds (): TokenIds {
    this.#tokens ??= new TokenIds(this.#options.secret ?? this.#discovery().mesh)
    return this.#tokens
  }

  #discovery (): Discovery {
    return needed('rpc', this.#components, 'discovery')
  }
}
