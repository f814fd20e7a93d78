/** The room between a start and a stop. */
// first, as in serving.ts
import { Pace } from './pace.ts'
import { MeshStoppedError, ProtocolError } from '../errors.ts'
import { abortable } from '../util/abortable.ts'
import { Lazy } from '../util/lazy.ts'
import { MAX_RPC_STREAMS_PER_PEER, MAX_BODY, MAX_RPC_FRAME, MAX_WRITE_QUEUE } from '../wire/limits.ts'
import { protocolId } from '../wire/protocols.ts'
import { decodeFrame } from '../wire/rpc-frames.ts'
import { Calls } from './calls.ts'
import { SETTLED } from './call.ts'
import { Client } from './client.ts'
import { Held } from './held.ts'
import { LoadReporter } from './load.ts'
import { LINGER } from './numbers.ts'
import { detach } from './prepare.ts'
import { openFlow } from './streaming.ts'
import { Targets } from './targets.ts'
import type { LoadSource, TokenGuard, TokenRouter } from './index.ts'
import type { Call } from './call.ts'
import type { MadeCalls } from './counts.ts'
import type { Room } from './held.ts'
import type { Introspected, MethodDescription } from './introspect.ts'
import type { Links } from './links.ts'
import type { Methods } from './methods.ts'
import type { CallParent } from './prepare.ts'
import type { RpcOptions } from './options.ts'
import type * as serving from './serving.ts'
import type { Serving } from './serving.ts'
import type { Results, StreamKind, StreamOptions } from './stream-types.ts'
import type { TokenIds } from './token-ids.ts'
import type { Discovery, NodeInfo } from '../discovery/index.ts'
import type { FramedStream, FrameLimits, PeerStreams, PeerStreamsInit } from '../streams/index.ts'
import type { Timers } from '../util/timers.ts'
import type { DecodedFrame } from '../wire/rpc-frames.ts'
import type { Trace } from '../wire/trace.ts'

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
  load: () => Promise<typeof serving>
  node: Introspected
  /** The code that serves is there, or could not be loaded, whereupon it is tried again. */
  onServing: (failure: Error | undefined) => void
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
  /** What serves calls, and makes and serves those of sequences. */
  readonly #serving: Lazy<Serving>
  readonly #held: Held
  readonly #load: LoadReporter
  readonly #pace = new Pace()
  readonly #onAdd = (event: CustomEvent<NodeInfo>): void => { this.client.nodeSeen(event.detail, true) }
  readonly #onUpdate = (event: CustomEvent<NodeInfo>): void => { this.client.nodeSeen(event.detail, false) }
  readonly #onRemove = (event: CustomEvent<NodeInfo>): void => {
    this.client.nodeGone(event.detail)
    this.#serving.value?.callers.gone(event.detail.id)
  }

  #guard: TokenGuard | undefined
  /** As {@link keepLinked} and {@link drain} have it. */
  #linkedOnly: string | undefined
  #refusing: string | undefined
  /** Aborts with MeshStoppedError. */
  readonly #closing = new AbortController()

  constructor (init: SessionInit) {
    const { discovery, options, timers } = init
    this.#init = init
    this.#discovery = discovery
    this.targets = new Targets(discovery, Math.random)
    this.#load = new LoadReporter(discovery, timers, () => ({ links: this.targets.links(discovery.self), inflight: this.running }))
    this.#streams = this.#createStreams('rpc')
    this.#bulkStreams = this.#createStreams('bulk')
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
      runLocal: call => { this.#runLocal(call) },
      cancelLocal: call => { this.#serving.value?.local.cancel(call) }
    })
    this.#serving = new Lazy('rpc', timers, init.load, code => this.#createServing(code))
    this.#held = new Held(discovery, timers, this.#serving, () => { this.#keep() })
    this.calls = new Calls({ timers, discovery, timeout: options.timeout }, this.client, (...args) => this.stream(...args), options.interceptors.client)
    if (init.router !== undefined) {
      this.targets.setRouter(init.router)
    }
    this.#guard = init.guard
    if (init.loads !== undefined) {
      this.targets.setLoads(init.loads)
    }
  }

  async start (): Promise<void> {
    if (!this.#init.options.lazy) await this.#serving.load()
    // of a page with a service it is there before the first call comes, most likely
    else if (this.#discovery.self.service !== undefined) this.#keep()
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
    this.#guard = guard
    this.#serving.value?.server.setGuard(guard)
  }

  /** Take new calls of tokens only that are linked to this node. */
  keepLinked (reason: string): void {
    this.#linkedOnly = reason
    this.#serving.value?.server.keepLinked(reason)
  }

  setLoads (source: LoadSource): void {
    this.targets.setLoads(source)
    this.#load.changed()
  }

  /** `parent` is the context of the handler that calls. */
  stream (service: string, method: string, kind: StreamKind, input: unknown, options: StreamOptions | undefined, parent: CallParent | undefined, trace?: Trace): Results | Promise<unknown> {
    return openFlow({ client: this.client, room: this.#serving, closing: this.#closing.signal }, service, method, kind, input, options, parent, trace)
  }

  /** What is served; none before the first call, which may ask for it. */
  describe (): MethodDescription[] {
    return this.#serving.value?.describe() ?? []
  }

  /** Calls of others that run here. */
  get running (): number {
    return this.#serving.value?.server.running ?? 0
  }

  async drain (reason: string, signal?: AbortSignal): Promise<void> {
    this.#refusing = reason
    this.#held.refuse(reason)
    await this.#serving.value?.server.drain(reason, signal)
  }

  /** Take no new calls, give those that run `grace` milliseconds, and end what runs then. */
  async finish (grace: number): Promise<void> {
    const { timers } = this.#init
    const patience = new AbortController()
    const timer = timers.after(grace, () => { patience.abort() })
    const reason = 'the node is stopping'
    await this.drain(reason, patience.signal)
    const serving = this.#serving.value
    await serving?.large.idle(patience.signal)
    timers.cancel(timer)
    serving?.server.abort(serving.contexts(), reason)
    const { promise, resolve } = Promise.withResolvers<void>()
    const last = timers.after(LINGER, resolve)
    await Promise.race([Promise.all([serving?.server.left(), this.#held.left()]), promise])
    timers.cancel(last)
  }

  async close (): Promise<void> {
    this.#closing.abort(new MeshStoppedError())
    this.#discovery.removeEventListener('node:add', this.#onAdd)
    this.#discovery.removeEventListener('node:update', this.#onUpdate)
    this.#discovery.removeEventListener('node:remove', this.#onRemove)
    this.#load.stop()
    this.client.close()
    this.#pace.stop()
    await Promise.all([this.#streams.stop(), this.#bulkStreams.stop(), this.#flowStreams.stop()])
  }

  #createServing ({ Serving }: typeof serving): Serving {
    this.#closing.signal.throwIfAborted()
    const { methods, node, options, timers } = this.#init
    const made = new Serving({
      node,
      discovery: this.#discovery,
      options,
      methods,
      timers,
      client: this.client,
      calls: this.calls,
      bulkStreams: this.#bulkStreams,
      flowStreams: this.#flowStreams,
      onLoad: () => { this.#load.changed() }
    })
    this.client.flows = made.flows
    if (this.#guard !== undefined) made.server.setGuard(this.#guard)
    if (this.#linkedOnly !== undefined) made.server.keepLinked(this.#linkedOnly)
    if (this.#refusing !== undefined) void made.server.drain(this.#refusing)
    // once it is known as that which serves
    queueMicrotask(() => {
      this.#held.serve(made)
      this.#init.onServing(undefined)
    })
    return made
  }

  /** Load what serves, again and again until it is there. */
  #keep (): void {
    this.#serving.keep(() => this.#refusing === undefined && !this.#closing.signal.aborted, failure => {
      this.#held.refuse(this.#refusing)
      if (!this.#closing.signal.aborted) this.#init.onServing(failure)
    })
  }

  #runLocal (call: Call): void {
    if (this.#serving.value !== undefined) {
      this.#serving.value.local.run(call)
    } else if (detach(call, this.client)) {
      call.id = 0
      const { signal } = this.#closing
      abortable(this.#serving.load(), signal).then(({ local }) => {
        if (call.state !== SETTLED) local.run(call)
      }, (err: Error) => {
        if (signal.aborted) this.client.fail(call, err)
        else this.client.again(call, this.#discovery.self.id, err, 'refused')
      })
    }
  }

  #createStreams (room: 'rpc' | 'bulk'): PeerStreams {
    const { maxBody } = this.#init.options
    // made before the client is
    const links = (): Links => room === 'bulk' ? this.client.bulk : this.client.links
    return this.#init.createStreams({
      protocol: protocolId(this.#discovery.mesh, room),
      limits: frameLimits(maxBody),
      maxStreamsPerPeer: MAX_RPC_STREAMS_PER_PEER,
      timers: this.#init.timers,
      onFrame: (stream, bytes, start, end) => { this.#onFrame(stream, decodeFrame(bytes, start, end, maxBody), links(), room, end - start) },
      onAccept: stream => { this.#serving.value?.accept(stream, room) },
      onEnd: (stream, reason) => {
        if (stream.direction === 'inbound') {
          this.#held.onEnd(stream)
          this.#serving.value?.server.onEnd(stream, reason)
        } else {
          links().onEnd(stream, reason)
          this.#serving.value?.large.onEnd(stream, reason)
        }
      },
      onMove: (from, to) => { links().onMove(from, to) },
      busy: stream => stream.direction === 'inbound' ? this.#serving.value?.server.busy(stream) === true : links().busy(stream)
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
        const frame = decodeFrame(bytes, start, end, maxBody)
        if (this.client.flows?.onFrame(stream, frame) === true || stream.direction === 'outbound') return
        if (frame.kind === 1) this.#held.onFrame(stream, frame, end - start, 'stream')
        // results may be asked for before the refusal comes
        else if (frame.kind !== 6 || !this.#held.has(stream)) throw new ProtocolError('not a request')
      },
      onAccept: stream => { this.#serving.value?.accept(stream, 'stream') },
      onEnd: (stream, reason) => {
        this.#held.onEnd(stream)
        this.client.flows?.onEnd(stream, reason)
      },
      busy: stream => this.client.flows?.busy(stream) === true
    })
  }

  /** Requests come on streams that the peer has opened, answers on those that we have; large ones on the peer's. */
  #onFrame (stream: FramedStream, frame: DecodedFrame, links: Links, room: Room, size: number): void {
    this.#pace.count(stream)
    if (stream.direction === 'outbound') {
      switch (frame.kind) {
        case 2: links.onResponse(stream, frame); break
        case 4: links.onGoAway(stream); break
        default: throw new ProtocolError('a request on a stream for answers')
      }
    } else if (room === 'bulk' && frame.kind === 2) {
      this.client.links.onPushed(stream.peer, frame)
    } else {
      const server = this.#serving.value?.server
      switch (frame.kind) {
        case 1: if (server?.onRequest(stream, frame) !== true) this.#held.onFrame(stream, frame, size, room); break
        case 3: if (this.#held.has(stream)) this.#held.onFrame(stream, frame, size, room); else server?.onCancel(stream, frame.id); break
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
