/**
 * @packageDocumentation
 *
 * The only code that touches a libp2p stream. {@link FramedStream} turns a stream into length-prefixed frames with
 * limits, timers and back-pressure both ways; {@link PeerStreams} keeps one long-lived outbound stream per peer.
 *
 * A frame is its length as an unsigned varint (at most 4 bytes, in its shortest form), then that many bytes. An empty
 * frame greets: the acceptor sends one at once, the opener answers it, and neither means anything later.
 *
 * @example
 *
 * ```ts
 * import { createLibp2p } from 'libp2p'
 * import { peerStreams } from 'braid-mesh/streams'
 *
 * const node = await createLibp2p({
 *   // transports, encrypters, yamux({ streamOptions: { maxStreamWindowSize: 1 << 20 } })
 *   services: {
 *     echo: components => peerStreams(components, {
 *       protocol: '/echo/1.0.0',
 *       onFrame: (stream, bytes, start, end) => {
 *         if (stream.direction === 'inbound') {
 *           stream.send(bytes.subarray(start, end))
 *         }
 *       }
 *     })
 *   }
 * })
 * const stream = await node.services.echo.open(peerId)
 *
 * if (!stream.send(new TextEncoder().encode('hello'))) {
 *   await stream.drained()
 * }
 * ```
 */
import type { PeerActivity } from './activity.ts'
import type { AbortOptions, ComponentLogger, Connection, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Timers } from '../util/timers.ts'

/** What a stream may cost. All sizes in bytes, all times in milliseconds; defaults in `wire/limits.ts`. */
export interface FrameLimits {
  /** Largest frame, either way; at most `maxQueue`. */
  maxFrame?: number
  /** Queued bytes above which {@link FramedStream.write} returns false. */
  highWater?: number
  /** Queued bytes above which {@link FramedStream.write} throws `WriteQueueFullError`. */
  maxQueue?: number
  /** Time an accepted stream has for its first frame. */
  firstFrameTimeout?: number
  /** Time a frame has once it has begun, apart from what {@link minFrameRate} adds. */
  frameTimeout?: number
  /** Bytes per second. What has arrived of a frame adds the time it takes at this rate: a slow line is no drip. */
  minFrameRate?: number
  /** Silence after which the opener closes the stream; after twice that the acceptor cuts it. */
  idleTimeout?: number
  /** Time a queue may stand still. */
  stuckTimeout?: number
}

/** A stream of frames with one peer. */
export interface FramedStream {
  readonly peer: string
  readonly protocol: string
  readonly direction: 'inbound' | 'outbound'
  /** False once either side has ended it: a write throws `StreamEndedError`. */
  readonly open: boolean
  /** Bytes written and not yet taken by the muxer; after the end, those that never were: what they carried did not run. */
  readonly queued: number
  /** Bytes received and not yet handed over (paused). */
  readonly held: number
  readonly paused: boolean
  /** In `onFrame`: the frame lies in memory of its own, which may be kept. */
  readonly owned: boolean

  /**
   * Queue one frame of `length` bytes; `fill` writes all of it at `offset` of `target` at once, without a copy (the
   * memory is not cleared, and belongs to other frames before and after it). All frames of
   * one tick leave in one send. Returns false when more than `highWater` bytes wait: the frame is queued, and a caller
   * that can wait should await {@link drained}. A `tail` is the end of the frame, part of `length` but not for `fill` to
   * write: it is sent as it is, without a copy, and must not change any more. For ends of some KiB and more.
   *
   * @throws FrameTooLargeError, WriteQueueFullError, StreamEndedError - the frame was not queued
   */
  write (length: number, fill: (target: Uint8Array, offset: number) => void, tail?: Uint8Array): boolean
  /** {@link write} for a frame that exists as bytes; they are copied. */
  send (frame: Uint8Array): boolean
  /** Resolves when at most `highWater` bytes wait; rejects when the stream ends or the signal aborts. */
  drained (options?: AbortOptions): Promise<void>
  /** Hold frames back, from the very next one on, and in the end the sender. Deadlines of reading stand still. */
  pause (): void
  /** Hand over what was held back, in order, after this tick's code; then go on. */
  resume (): void
  /** Send what is queued, then end this side. Resolves when that is done; frames are still received. */
  close (options?: AbortOptions): Promise<void>
  /** End both sides at once and drop what is queued. */
  abort (reason: Error): void
}

/**
 * Receives the frames of a stream. `bytes[start..end)` is one frame; it is only valid during the call (copy what must
 * outlive it). A throw ends the stream with that error.
 */
export type FrameHandler = (stream: FramedStream, bytes: Uint8Array, start: number, end: number) => void

export interface FramedInit {
  /** Id of the remote peer. */
  peer: string
  onFrame: FrameHandler
  /** Called exactly once; `reason` is undefined when both sides have ended the stream in order. */
  onEnd?: (stream: FramedStream, reason: Error | undefined) => void
  /** {@link FramedStream.open} has turned false. Called exactly once, before `onEnd`. */
  onClosing?: (stream: FramedStream) => void
  /** An empty frame arrived. They greet, and are never given to `onFrame`. */
  onEmptyFrame?: (stream: FramedStream) => void
  /** Asked of a stream that was silent for its idle timeout; true keeps it for as long again. @default false */
  busy?: (stream: FramedStream) => boolean
  limits?: FrameLimits
  /** Cut the stream when no frame, not even an empty one, arrives in time. @default false */
  expectFirstFrame?: boolean
  /** Where it is noted that bytes of the peer arrive, on this stream or on others. */
  activity?: PeerActivity
  timers?: Timers
}

/** What {@link peerStreams} needs of libp2p. */
export interface PeerStreamsComponents {
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'openConnection' | 'getConnections'>
  logger: ComponentLogger
  /** Tells of better connections with a peer; without it a stream stays on the one it was opened on. */
  events?: TypedEventTarget<Libp2pEvents>
}

export interface PeerStreamsInit {
  protocol: string
  onFrame: FrameHandler
  /** An inbound stream was accepted. */
  onAccept?: (stream: FramedStream, connection: Connection) => void
  /** A stream (either direction) that was accepted or opened has ended; `reason` is undefined after a clean end. */
  onEnd?: (stream: FramedStream, reason: Error | undefined) => void
  /**
   * A better connection with the peer has come up, and `to` is the outbound stream from here on. `from` still works: it
   * is for who is called to close it, once nothing more is to come on it. Without this, `from` is closed and taken to its
   * end before anything is sent on `to`, so that frames keep their order: for as long as what waits in it gets less, at
   * most a minute.
   */
  onMove?: (from: FramedStream, to: FramedStream) => void
  /** {@link FramedInit.busy} */
  busy?: (stream: FramedStream) => boolean
  limits?: FrameLimits
  /** Inbound streams of one peer over all its connections. @default 64 */
  maxStreamsPerPeer?: number
  /** Outbound streams on one connection. @default 64 */
  maxOutboundStreams?: number
  /** Milliseconds from an open connection to the acceptor's first frame. @default 2000 */
  openTimeout?: number
  timers?: Timers
}

/**
 * One long-lived outbound stream per peer, opened on demand, opened anew after it ended, on the best connection there
 * is, and moved when a better one comes up; and all inbound streams of the
 * protocol. The acceptor's first frame is empty: an opener that has seen it knows that the stream was not refused.
 */
export interface PeerStreams {
  start (): Promise<void>
  /** Stop accepting, end every stream (queued frames are flushed until the signal aborts). */
  stop (options?: AbortOptions): Promise<void>
  /** The open outbound stream to this peer, if there is one. */
  get (peer: string): FramedStream | undefined
  /** {@link get}; while what goes to the peer moves, the new one, on which frames may overtake those that went before. */
  reach (peer: string): FramedStream | undefined
  /**
   * The outbound stream to this peer; dials and opens it when there is none (single flight).
   *
   * @throws StreamRefusedError, NoPathError - nothing was run
   */
  open (peer: PeerId, options?: AbortOptions): Promise<FramedStream>
  /**
   * A stream that is nobody else's: neither found by {@link get} nor given out again. Resolves when the peer speaks the
   * protocol, a round trip before its greeting could be here: whether it was refused, its end or its first frame tells.
   *
   * @throws StreamRefusedError, NoPathError - nothing was run
   */
  openOwn (peer: PeerId, options?: AbortOptions): Promise<FramedStream>
  /** Whether there is a better connection with the peer by now than the one this outbound stream is on. */
  outdated (stream: FramedStream): boolean
  /** Every open stream, both directions. */
  streams (): Iterable<FramedStream>
  /**
   * Peers of which bytes arrived, on any protocol of this node, since this was last called; and when something was last
   * sent to each, in the milliseconds of the streams' timers.
   */
  heard (): Array<{ peer: string, sentAt: number }>
}

export { framed } from './framed-stream.ts'
export { peerStreams } from './peer-streams.ts'
