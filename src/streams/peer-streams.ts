import { MeshStoppedError, StreamRefusedError } from '../errors.ts'
import { timers as sharedTimers } from '../util/timers.ts'
import { MAX_STREAMS_PER_PEER, OPEN_TIMEOUT } from '../wire/limits.ts'
import { abortable, untilAborted } from '../util/abortable.ts'
import { activityOf } from './activity.ts'
import { framed } from './framed-stream.ts'
import { Handover } from './handover.ts'
import { MAX_OUTBOUND_STREAMS, STOP_TIMEOUT } from './numbers.ts'
import { openStream, ungreeted } from './opening.ts'
import { Paths } from './paths.ts'
import { streamError } from './stream-error.ts'
import type { Activity } from './activity.ts'
import type { FramedStream, PeerStreams, PeerStreamsComponents, PeerStreamsInit } from './index.ts'
import type { OpeningInit } from './opening.ts'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'

/** An open() under way; the callers that wait for it, each with a signal of its own. */
interface Opening {
  readonly controller: AbortController
  readonly stream: Promise<FramedStream>
  waiting: number
}

/** Keep one stream per peer for a protocol, and accept the peers' streams. */
export function peerStreams (components: PeerStreamsComponents, init: PeerStreamsInit): PeerStreams {
  return new LibP2PPeerStreams(components, init)
}

class LibP2PPeerStreams implements PeerStreams {
  readonly #components: PeerStreamsComponents
  readonly #init: OpeningInit
  readonly #onEndAbove: PeerStreamsInit['onEnd']
  readonly #maxStreamsPerPeer: number
  readonly #log: Logger
  readonly #activity: Activity
  readonly #handover: Handover
  /** The open outbound stream of each peer. */
  readonly #outbound = new Map<string, FramedStream>()
  readonly #opening = new Map<string, Opening>()
  /** Those of {@link openOwn}. */
  readonly #own = new Set<Opening>()
  /** Inbound streams per peer that have not ended. */
  readonly #inbound = new Map<string, number>()
  /** Every stream that has not ended. */
  readonly #all = new Set<FramedStream>()
  #started = false
  #allEnded: (() => void) | undefined

  constructor (components: PeerStreamsComponents, init: PeerStreamsInit) {
    this.#components = components
    this.#activity = activityOf(components.connectionManager)
    this.#onEndAbove = init.onEnd
    this.#maxStreamsPerPeer = init.maxStreamsPerPeer ?? MAX_STREAMS_PER_PEER
    this.#log = components.logger.forComponent(`braid:streams:${init.protocol}`)
    const timers = init.timers ?? sharedTimers
    this.#init = {
      ...init,
      activity: this.#activity,
      paths: new Paths(timers),
      openTimeout: init.openTimeout ?? OPEN_TIMEOUT,
      timers,
      maxOutboundStreams: init.maxOutboundStreams ?? MAX_OUTBOUND_STREAMS,
      onOwn: stream => { this.#all.add(stream) },
      onOpen: stream => {
        this.#all.add(stream)
        this.#outbound.set(stream.peer, stream)
      },
      onDoubt: connection => { this.#handover.doubted(connection) },
      onClosing: stream => {
        if (this.#outbound.get(stream.peer) === stream) {
          this.#outbound.delete(stream.peer)
        }
      },
      onEnd: this.#onEnd
    }
    this.#handover = new Handover({
      opening: this.#init,
      current: peer => this.#outbound.get(peer),
      connections: peer => components.connectionManager.getConnections(peer),
      hold: (peer, stream) => { this.#hold(peer, stream) },
      use: stream => { if (stream.open) this.#outbound.set(stream.peer, stream) },
      stopped: () => !this.#started
    })
  }

  async start (): Promise<void> {
    if (this.#started) {
      return
    }
    this.#started = true
    this.#components.events?.addEventListener('connection:open', this.#onConnection)
    await this.#components.registrar.handle(this.#init.protocol, this.#accept, {
      // libp2p counts per connection and without telling why: the limit that speaks is ours
      maxInboundStreams: this.#maxStreamsPerPeer * 2,
      // once a handler exists, newStream's own option counts for nothing
      maxOutboundStreams: this.#init.maxOutboundStreams,
      runOnLimitedConnection: true
    })
  }

  async stop (options: AbortOptions = {}): Promise<void> {
    if (!this.#started) {
      return
    }
    this.#started = false
    this.#components.events?.removeEventListener('connection:open', this.#onConnection)
    this.#handover.stop(new MeshStoppedError())
    const openings = [...this.#opening.values(), ...this.#own]
    for (const { controller } of openings) {
      controller.abort(new MeshStoppedError())
    }
    const unhandled = this.#components.registrar.unhandle(this.#init.protocol).catch((error: unknown) => {
      this.#log.error('could not unregister - %e', error)
    })
    await this.#endAll(options.signal)
    for (const stream of this.#all) {
      stream.abort(new MeshStoppedError())
    }
    await Promise.allSettled([unhandled, ...openings.map(({ stream }) => stream)])
  }

  get (peer: string): FramedStream | undefined {
    return this.#outbound.get(peer)
  }

  reach (peer: string): FramedStream | undefined {
    return this.get(peer) ?? this.#handover.next(peer)
  }

  async open (peer: PeerId, options: AbortOptions = {}): Promise<FramedStream> {
    options.signal?.throwIfAborted()
    if (!this.#started) {
      throw new MeshStoppedError()
    }
    const id = peer.toString()
    const stream = this.#outbound.get(id)
    if (stream !== undefined) {
      return stream
    }
    const opening = this.#opening.get(id) ?? this.#begin(peer, id)
    opening.waiting++
    try {
      return await abortable(opening.stream, options.signal)
    } finally {
      opening.waiting--
      // nobody wants it any more
      if (opening.waiting === 0 && this.#opening.get(id) === opening) {
        this.#opening.delete(id)
        opening.controller.abort(options.signal?.reason)
      }
    }
  }

  async openOwn (peer: PeerId, options: AbortOptions = {}): Promise<FramedStream> {
    options.signal?.throwIfAborted()
    if (!this.#started) {
      throw new MeshStoppedError()
    }
    const controller = new AbortController()
    const onAbort = (): void => { controller.abort(options.signal?.reason) }
    options.signal?.addEventListener('abort', onAbort, { once: true })
    const stream = openStream(this.#components, this.#init, peer, controller.signal, ungreeted)
    const opening: Opening = { controller, stream, waiting: 1 }
    this.#own.add(opening)
    try {
      return await stream
    } finally {
      this.#own.delete(opening)
      options.signal?.removeEventListener('abort', onAbort)
    }
  }

  outdated (stream: FramedStream): boolean {
    return this.#components.connectionManager.getConnections().some(connection =>
      connection.remotePeer.toString() === stream.peer && this.#init.paths.better(connection, stream))
  }

  * streams (): Iterable<FramedStream> {
    for (const stream of this.#all) {
      if (stream.open) {
        yield stream
      }
    }
  }

  heard (): Array<{ peer: string, sentAt: number }> {
    return this.#activity.take()
  }

  #begin (peer: PeerId, id: string): Opening {
    const controller = new AbortController()
    const stream = openStream(this.#components, this.#init, peer, controller.signal)
      .finally(() => {
        if (this.#opening.get(id) === opening) {
          this.#opening.delete(id)
        }
      })
    // a better connection may have come meanwhile; and every caller may have left
    stream.then(() => { this.#handover.look(peer) }, () => {})
    const opening: Opening = { controller, stream, waiting: 0 }
    this.#opening.set(id, opening)
    return opening
  }

  readonly #onConnection = ({ detail }: CustomEvent<Connection>): void => { this.#handover.connected(detail) }

  /** Whoever opens a stream to this peer gets that one. */
  #hold (peer: string, stream: Promise<FramedStream>): void {
    // it is there, whoever waits for it: counted as one more
    const opening: Opening = { controller: new AbortController(), stream, waiting: 1 }
    this.#opening.set(peer, opening)
    stream.finally(() => { if (this.#opening.get(peer) === opening) this.#opening.delete(peer) }).catch(() => {})
  }

  readonly #accept = (stream: Stream, connection: Connection): void => {
    const peer = connection.remotePeer.toString()
    const count = this.#inbound.get(peer) ?? 0
    if (!this.#started || count >= this.#maxStreamsPerPeer) {
      stream.abort(new StreamRefusedError(this.#started ? `${peer} has ${count} streams open already` : 'stopped'))
      return
    }
    const { onFrame, onAccept, timers, busy, limits } = this.#init
    this.#activity.watch(connection, timers)
    const accepted = framed(stream, {
      peer,
      timers,
      onFrame,
      onEnd: this.#onEnd,
      expectFirstFrame: true,
      activity: this.#activity.join(peer),
      ...(busy !== undefined && { busy }),
      ...(limits !== undefined && { limits })
    })
    this.#inbound.set(peer, count + 1)
    this.#all.add(accepted)
    accepted.write(0, () => {})
    try {
      onAccept?.(accepted, connection)
    } catch (error) {
      accepted.abort(streamError(error))
    }
  }

  readonly #onEnd = (stream: FramedStream, reason: Error | undefined): void => {
    this.#all.delete(stream)
    this.#handover.ended(stream)
    this.#activity.leave(stream.peer)
    if (stream.direction === 'inbound') {
      const count = (this.#inbound.get(stream.peer) ?? 1) - 1
      if (count > 0) {
        this.#inbound.set(stream.peer, count)
      } else {
        this.#inbound.delete(stream.peer)
      }
    }
    if (reason !== undefined) {
      this.#log('stream %s with %s ended - %e', stream.direction, stream.peer, reason)
    }
    if (this.#all.size === 0) {
      this.#allEnded?.()
    }
    this.#onEndAbove?.(stream, reason)
  }

  /** Resolves when every stream has ended in order, or that takes too long. */
  async #endAll (signal: AbortSignal | undefined): Promise<void> {
    for (const stream of this.#all) {
      stream.close().catch(() => {})
    }
    if (this.#all.size === 0 || signal?.aborted === true) {
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#allEnded = resolve
    const timeout = this.#init.timers.after(STOP_TIMEOUT, resolve)
    await untilAborted(promise, signal)
    this.#allEnded = undefined
    this.#init.timers.cancel(timeout)
  }
}
