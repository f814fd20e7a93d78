/** Puts the two sides of the room on one set of streams, for as long as the node runs. */
import { serviceCapabilities } from '@libp2p/interface'
import { InvalidOptionsError, MeshStoppedError } from '../errors.ts'
import { peerStreams } from '../streams/index.ts'
import { timers as sharedTimers } from '../util/timers.ts'
import { DEFAULT_TIMEOUT, MAX_PENDING, MAX_PENDING_PER_PEER, MAX_TIMEOUT } from '../wire/limits.ts'
import { Methods } from './methods.ts'
import { Session } from './session.ts'
import { TokenIds } from './token-ids.ts'
import type { HandleOptions, Handler, InvokeOptions, LoadSource, MethodStats, Registration, Rpc, RpcInit, TokenId, TokenRouter } from './index.ts'
import type { Discovery } from '../discovery/index.ts'
import type { PeerStreams, PeerStreamsComponents, PeerStreamsInit } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { Logger, Startable } from '@libp2p/interface'

/** Milliseconds that {@link RpcService.stop} gives the handlers that run. */
const GRACE = 5_000

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
  const options = resolve(init)
  return components => new RpcService(components, options)
}

/** {@link RpcInit} with its defaults. */
export interface RpcOptions {
  timeout: number
  secret: string | undefined
  maxPendingPerPeer: number
  maxPending: number
}

export function resolve (init: RpcInit): RpcOptions {
  return {
    timeout: positive('timeout', init.timeout ?? DEFAULT_TIMEOUT, MAX_TIMEOUT),
    secret: init.secret,
    maxPendingPerPeer: positive('maxPendingPerPeer', init.maxPendingPerPeer ?? MAX_PENDING_PER_PEER, Infinity),
    maxPending: positive('maxPending', init.maxPending ?? MAX_PENDING, Infinity)
  }
}

function positive (name: string, value: number, max: number): number {
  if (typeof value !== 'number' || !(value > 0) || value > max) {
    throw new InvalidOptionsError(`rpc ${name} must be a number above 0${max === Infinity ? '' : ` and at most ${max}`}, not ${String(value)}`)
  }
  return value
}

/** What tests put their own in place of. */
export interface Seams {
  timers: Timers
  streams: (components: PeerStreamsComponents, init: PeerStreamsInit) => PeerStreams
}

const SEAMS: Seams = { timers: sharedTimers, streams: peerStreams }

export class RpcService implements Rpc, Startable {
  readonly [Symbol.toStringTag] = '@braid/rpc'
  readonly [serviceCapabilities]: string[] = ['@braid/rpc']
  readonly #components: RpcComponents
  readonly #options: RpcOptions
  readonly #seams: Seams
  readonly #log: Logger
  readonly #methods = new Methods(() => { this.#session?.publishMethods() })
  #session: Session | undefined
  #stopping: Promise<void> | undefined
  #tokens: TokenIds | undefined
  #router: TokenRouter | undefined
  #loads: LoadSource | undefined

  constructor (components: RpcComponents, options: RpcOptions, seams: Seams = SEAMS) {
    this.#components = components
    this.#options = options
    this.#seams = seams
    this.#log = components.logger.forComponent('braid:rpc')
    this.handle('braid.ping', (args: unknown) => args ?? 'pong')
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
      loads: this.#loads
    })
    this.#session = session
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

  async drain (options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#session?.drain('the node is draining', options.signal)
  }

  handle (method: string, handler: Handler, options: HandleOptions = {}): Registration {
    return this.#methods.add(method, handler, options)
  }

  invoke (service: string, method: string, args?: unknown, options?: InvokeOptions): Promise<unknown> {
    const session = this.#session
    if (session === undefined || this.#stopping !== undefined) {
      return Promise.reject(new MeshStoppedError(session === undefined ? 'rpc is not started, or was stopped' : 'rpc is stopping'))
    }
    return session.client.invoke(service, method, args, options, undefined)
  }

  tokenId (token: string): TokenId {
    return this.#tokenIds().get(token).id
  }

  setTokenRouter (router: TokenRouter): void {
    this.#router = router
    this.#session?.targets.setRouter(router)
  }

  setLoadSource (source: LoadSource): void {
    this.#loads = source
    this.#session?.setLoads(source)
  }

  stats (): Record<string, MethodStats> {
    return this.#methods.stats()
  }

  async #finish (): Promise<void> {
    const session = this.#session
    if (session !== undefined) {
      this.#stopping ??= session.finish(GRACE)
      await this.#stopping
    }
  }

  #tokenIds (): TokenIds {
    this.#tokens ??= new TokenIds(this.#options.secret ?? this.#discovery().mesh)
    return this.#tokens
  }

  /** Looked up when it is first needed: services are made in the order of their keys. */
  #discovery (): Discovery {
    let discovery: Discovery | undefined
    try {
      discovery = this.#components.discovery
    } catch (err) {
      // libp2p throws for a service that does not exist
      this.#log('no discovery service - %e', err)
    }
    if (discovery === undefined) {
      throw new InvalidOptionsError('rpc needs the discovery service beside it: add `discovery: discovery()` to the services')
    }
    return discovery
  }
}
