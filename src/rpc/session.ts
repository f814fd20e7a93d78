/** The room between a start and a stop. */
import { ProtocolError } from '../errors.ts'
import { MAX_RPC_STREAMS_PER_PEER, MAX_BODY, MAX_RPC_FRAME, MAX_WRITE_QUEUE } from '../wire/limits.ts'
import { protocolId } from '../wire/protocols.ts'
import { decodeFrame } from '../wire/rpc-frames.ts'
import { Callers } from './callers.ts'
import { Calls } from './calls.ts'
import { Client } from './client.ts'
import { Flows } from './flows.ts'
import { LargeAnswers } from './large-answers.ts'
import { LoadReporter } from './load.ts'
import { Local } from './local.ts'
import { openFlow } from './open-flow.ts'
import { Pace } from './pace.ts'
import { Server } from './server.ts'
import { Targets } from './targets.ts'
import { clientOf } from './typed.ts'
import type { LoadSource, TokenGuard, TokenRouter } from './index.ts'
import type { Caller } from './callers.ts'
import type { MadeCalls } from './counts.ts'
import type { Links } from './links.ts'
import type { Methods } from './methods.ts'
import type { CallParent } from './prepare.ts'
import type { RpcOptions } from './rpc.ts'
import type { Results, StreamKind, StreamOptions } from './stream-types.ts'
import type { TokenIds } from './token-ids.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { FramedStream, FrameLimits, PeerStreams, PeerStreamsInit } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { DecodedFrame } from '../wire/rpc-frames.ts'
import type { Trace } from '../wire/trace.ts'

/** Milliseconds that callers get to end their streams. */
const LINGER = 500

export interface SessionInit {
  createStreams: (init: PeerStreamsInit) => PeerStreams
  discovery: Discovery
  options: RpcOptions
  methods: Methods
  tokens: TokenIds
  timers: Timers
  router: TokenRouter | undefined
  guard: TokenGuard | undefined
  loads: LoadSource | undefined
  made: MadeCalls
}

export class Session {
  readonly client: Client
  /** What the application calls through. */
  readonly calls: Calls
  readonly targets: Targets
  readonly #init: SessionInit
  readonly #discovery: Discovery
  readonly #streams: PeerStreams
  /** For bodies that would hold up small ones. */
  readonly #bulkStreams: PeerStreams
  /** Each of one streaming call. */
  readonly #flowStreams: PeerStreams
  readonly #server: Server
  readonly #large: LargeAnswers
  readonly #local: Local
  readonly #load: LoadReporter
  readonly #pace = new Pace()
  readonly #onAdd = (event: CustomEvent<NodeInfo>): void => { this.client.nodeSeen(event.detail, true) }
  readonly #onUpdate = (event: CustomEvent<NodeInfo>): void => { this.client.nodeSeen(event.detail, false) }
  readonly #onRemove = (event: CustomEvent<NodeInfo>): void => {
    this.client.nodeGone(event.detail)
    this.#callers.gone(event.detail.id)
  }

  readonly #callers: Callers
  /** This node as the caller of its own methods. */
  readonly #self: Caller

  constructor (init: SessionInit) {
    const { discovery, options, timers, methods } = init
    this.#init = init
    this.#discovery = discovery
    this.#callers = new Callers(discovery, options.maxPendingPerPeer)
    this.targets = new Targets(discovery, Math.random)
    this.#load = new LoadReporter(discovery, timers, () => ({ links: this.targets.links(discovery.self), inflight: this.#server.running }))
    this.#server = new Server({ discovery, maxBody: options.maxBody, methods, callers: this.#callers, timers, host: this.#host(), onLoad: () => { this.#load.changed() } })
    this.#self = this.#callers.get(discovery.self.id, timers.now())
    this.#self.known = true
    // held for good: it must not be forgotten for having no stream
    this.#self.streams = 1
    this.#streams = this.#createStreams('rpc')
    this.#bulkStreams = this.#createStreams('bulk')
    this.#large = new LargeAnswers(this.#bulkStreams, discovery)
    this.#flowStreams = this.#createFlowStreams()
    this.client = new Client({
      ...options,
      discovery,
      timers,
      streams: this.#streams,
      bulkStreams: this.#bulkStreams,
      targets: this.targets,
      tokens: init.tokens,
      made: init.made,
      random: Math.random,
      createFlows: client => this.#createFlows(client),
      runLocal: call => { this.#local.run(call) },
      cancelLocal: call => { this.#local.cancel(call) }
    })
    this.#local = this.#createLocal()
    this.calls = new Calls({ timers, discovery, timeout: options.timeout }, this.client, (...args) => this.stream(...args), options.interceptors.client)
    if (init.router !== undefined) {
      this.targets.setRouter(init.router)
    }
    if (init.guard !== undefined) {
      this.setGuard(init.guard)
    }
    if (init.loads !== undefined) {
      this.targets.setLoads(init.loads)
    }
  }

  async start (): Promise<void> {
    this.publishMethods()
    this.#discovery.addEventListener('node:add', this.#onAdd)
    this.#discovery.addEventListener('node:update', this.#onUpdate)
    this.#discovery.addEventListener('node:remove', this.#onRemove)
    await Promise.all([this.#streams.start(), this.#bulkStreams.start(), this.#flowStreams.start()])
  }

  /** @throws InvalidOptionsError - more methods than a node's record holds */
  publishMethods (): void {
    this.#discovery.update({ methods: this.#init.methods.names() })
  }

  setGuard (guard: TokenGuard): void {
    this.#server.setGuard(guard)
  }

  /** Take new calls of tokens only that are linked to this node. */
  keepLinked (reason: string): void {
    this.#server.keepLinked(reason)
  }

  setLoads (source: LoadSource): void {
    this.targets.setLoads(source)
    this.#load.changed()
  }

  /** `parent` is the context of the handler that calls. */
  stream (service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, parent: CallParent | undefined, trace?: Trace): Results | Promise<unknown> {
    return openFlow(this.client, service, method, kind, input, options, parent, trace)
  }

  /** Calls of others that run here. */
  get running (): number {
    return this.#server.running
  }

  async drain (reason: string, signal?: AbortSignal): Promise<void> {
    await this.#server.drain(reason, signal)
  }

  /** Take no new calls, give those that run `grace` milliseconds, and end what runs then. */
  async finish (grace: number): Promise<void> {
    const { timers } = this.#init
    const patience = new AbortController()
    const timer = timers.after(grace, () => { patience.abort() })
    const reason = 'the node is stopping'
    await this.#server.drain(reason, patience.signal)
    await this.#large.idle(patience.signal)
    timers.cancel(timer)
    this.#server.abort([...this.#server.contexts(), ...this.#local.running.values(), ...this.client.flows.contexts()], reason)
    const { promise, resolve } = Promise.withResolvers<void>()
    const last = timers.after(LINGER, resolve)
    await Promise.race([this.#server.left(), promise])
    timers.cancel(last)
  }

  async close (): Promise<void> {
    this.#discovery.removeEventListener('node:add', this.#onAdd)
    this.#discovery.removeEventListener('node:update', this.#onUpdate)
    this.#discovery.removeEventListener('node:remove', this.#onRemove)
    this.#load.stop()
    this.client.close()
    this.#pace.stop()
    await Promise.all([this.#streams.stop(), this.#bulkStreams.stop(), this.#flowStreams.stop()])
  }

  #host (): ConstructorParameters<typeof Server>[0]['host'] {
    const { timers } = this.#init
    return {
      timers,
      invoke: (service, method, args, options, parent) => this.calls.invoke(service, method, args, options, parent),
      stream: (service, method, kind, input, options, parent) => this.calls.stream(service, method, kind, input, options, parent),
      client: (contract, options, parent) => clientOf(contract, {
        invoke: (service, method, args, options, own) => this.calls.invoke(service, method, args, options, parent, own),
        stream: (service, method, kind, input, options, own) => this.calls.stream(service, method, kind, input, options, parent, own)
      }, options),
      cancel: (call, reason) => { this.client.cancel(call, reason) },
      callerOf: peer => this.#discovery.node(peer) ?? stranger(peer)
    }
  }

  #createStreams (room: 'rpc' | 'bulk'): PeerStreams {
    const bulk = room === 'bulk'
    const { maxBody } = this.#init.options
    // made before the client is
    const links = (): Links => bulk ? this.client.bulk : this.client.links
    return this.#init.createStreams({
      protocol: protocolId(this.#discovery.mesh, room),
      limits: frameLimits(maxBody),
      maxStreamsPerPeer: MAX_RPC_STREAMS_PER_PEER,
      timers: this.#init.timers,
      onFrame: (stream, bytes, start, end) => { this.#onFrame(stream, decodeFrame(bytes, start, end, maxBody), links(), bulk) },
      onAccept: stream => { this.#server.onAccept(stream, bulk ? undefined : this.#large) },
      onEnd: (stream, reason) => {
        if (stream.direction === 'inbound') {
          this.#server.onEnd(stream, reason)
        } else {
          links().onEnd(stream, reason)
          this.#large.onEnd(stream, reason)
        }
      },
      onMove: (from, to) => { links().onMove(from, to) },
      busy: stream => stream.direction === 'inbound' ? this.#server.busy(stream) : links().busy(stream)
    })
  }

  #createFlowStreams (): PeerStreams {
    const { maxBody, maxStreamsPerPeer } = this.#init.options
    return this.#init.createStreams({
      protocol: protocolId(this.#discovery.mesh, 'stream'),
      limits: frameLimits(maxBody),
      // those beyond its share are told so in an answer, those beyond twice that are reset
      maxStreamsPerPeer: maxStreamsPerPeer * 2,
      maxOutboundStreams: maxStreamsPerPeer * 2,
      timers: this.#init.timers,
      onFrame: (stream, bytes, start, end) => {
        this.#pace.count(stream)
        this.client.flows.onFrame(stream, decodeFrame(bytes, start, end, maxBody))
      },
      onAccept: stream => { this.client.flows.onAccept(stream) },
      onEnd: (stream, reason) => { this.client.flows.onEnd(stream, reason) },
      busy: stream => this.client.flows.busy(stream)
    })
  }

  #createFlows (client: Client): Flows {
    const { discovery, options, timers } = this.#init
    const { maxBody, maxStreams, maxStreamsPerPeer } = options
    return new Flows({
      streams: this.#flowStreams,
      discovery,
      timers,
      callers: this.#callers,
      self: this.#self,
      maxBody,
      maxStreams,
      maxStreamsPerPeer,
      outcomes: client,
      label: node => client.links.label(node),
      serve: (flow, request) => { this.#server.serve(flow, request) },
      end: (context, error) => { this.#server.end(context, error) }
    })
  }

  #createLocal (): Local {
    const { timers } = this.#init
    const local: Local = new Local({
      caller: this.#self,
      timers,
      outcomes: this.client,
      serve: call => { this.#server.serve(local, call) },
      cancel: (origin, callId) => { this.#server.cancel(origin, callId) },
      label: () => this.client.links.label(this.#self.id)
    })
    return local
  }

  /** Requests come on streams that the peer has opened, answers on those that we have; large ones on the peer's. */
  #onFrame (stream: FramedStream, frame: DecodedFrame, links: Links, bulk: boolean): void {
    this.#pace.count(stream)
    if (stream.direction === 'outbound') {
      switch (frame.kind) {
        case 2: links.onResponse(stream, frame); break
        case 4: links.onGoAway(stream); break
        default: throw new ProtocolError('a request on a stream for answers')
      }
    } else if (bulk && frame.kind === 2) {
      this.client.links.onPushed(stream.peer, frame)
    } else {
      switch (frame.kind) {
        case 1: this.#server.onRequest(stream, frame); break
        case 3: this.#server.onCancel(stream, frame.id); break
        default: throw new ProtocolError('an answer on a stream for requests')
      }
    }
  }
}

/** A frame is a body and its envelope, and a queue holds some of the largest. */
function frameLimits (maxBody: number): FrameLimits {
  const maxFrame = maxBody + MAX_RPC_FRAME - MAX_BODY
  return { maxFrame, maxQueue: Math.max(MAX_WRITE_QUEUE, 2 * maxFrame) }
}

/** A peer that discovery knows nothing of, not yet or no more. */
function stranger (id: string): NodeInfo {
  return {
    id,
    service: undefined,
    name: '',
    incarnation: 0,
    seq: 0,
    state: 'up',
    roles: [],
    weight: 1024,
    load: { links: 0, inflight: 0 },
    methods: [],
    channels: [],
    metadata: {},
    addresses: []
  }
}
