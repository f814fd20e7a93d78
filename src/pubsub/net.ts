/** The streams with all peers. Frames to one peer keep their order; what cannot be sent is dropped, and is said again. */
import { peerIdFromString } from '@libp2p/peer-id'
import { ProtocolError } from '../errors.ts'
import { Bans } from '../streams/bans.core.ts'
import { peerStreams } from '../streams/index.ts'
import { backoff } from '../util/backoff.core.ts'
import { withDeadline } from '../util/deadline.ts'
import { timers } from '../util/timers.ts'
import { decodePubsub, encodePubsub } from '../wire/pubsub-codec.ts'
import { MAX_PUBSUB_FRAME, MAX_PUBSUB_WAITING } from '../wire/limits.ts'
import { ATTEMPTS, BAN, LOSS_WAIT, MAX_UNREACHED, OPEN_TIMEOUT, SPOKE, STOP_TIMEOUT } from './numbers.ts'
import type { FramedStream, PeerStreams, PeerStreamsComponents } from '../streams/index.ts'
import type { PubsubMessage } from '../wire/pubsub-codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Between attempts to open a stream, ms. */
const RETRY = { initial: 20, max: 2_000 }
const MiB = 1024 * 1024

interface Opening {
  frames: Uint8Array[]
  bytes: number
  attempts: number
  /** Not before this time. */
  after: number
  busy: boolean
}

export interface NetInit {
  protocol: string
  onMessage: (from: string, message: PubsubMessage) => void
  /** A stream to a peer that is still connected broke. */
  onLost: (peer: string) => void
  peerId: (id: string) => PeerId | undefined
  connected: (id: string) => boolean
  now: () => number
  count: (what: string) => void
  log: Logger
}

export class Net {
  readonly #init: NetInit
  readonly #streams: PeerStreams
  readonly #openings = new Map<string, Opening>()
  readonly #bans = new Bans(BAN)
  /** Peers whose stream broke a moment ago. */
  readonly #losses = new Set<string>()
  /** When something was last written to each. */
  readonly #sentAt = new WeakMap<FramedStream, number>()
  #stopped = false

  constructor (components: PeerStreamsComponents, init: NetInit) {
    this.#init = init
    this.#streams = peerStreams(components, {
      protocol: init.protocol,
      limits: { maxFrame: MAX_PUBSUB_FRAME, highWater: 1 * MiB, maxQueue: 8 * MiB },
      maxStreamsPerPeer: 8,
      onFrame: (stream, bytes, start, end) => {
        if (this.#banned(stream.peer)) return
        init.onMessage(stream.peer, decodePubsub(bytes, start, end))
      },
      onAccept: stream => { if (this.#banned(stream.peer)) stream.abort(new ProtocolError('cut for what it sent before')) },
      onEnd: (stream, reason) => {
        if (reason?.name === 'ProtocolError' || reason?.name === 'FrameTooLargeError') this.cut(stream.peer, reason)
        // one that ends in order may do so with its connection, which is closed as another one is there; else it was idle
        else if (stream.direction === 'outbound' && (reason !== undefined || this.#init.now() - (this.#sentAt.get(stream) ?? -Infinity) < SPOKE)) this.#lost(stream.peer)
      }
    })
  }

  async start (): Promise<void> {
    await this.#streams.start()
  }

  async stop (): Promise<void> {
    this.#stopped = true
    await withDeadline(STOP_TIMEOUT, [], async signal => this.#streams.stop({ signal }))
    this.#openings.clear()
    this.#bans.clear()
  }

  /** Bytes that wait for this peer. */
  queued (to: string): number {
    return this.#streams.get(to)?.queued ?? this.#openings.get(to)?.bytes ?? 0
  }

  send (to: string, message: PubsubMessage): void {
    this.sendFrame(to, encodePubsub(message))
  }

  sendFrame (to: string, frame: Uint8Array): void {
    const opening = this.#openings.get(to)
    const stream = this.#streams.get(to)
    if (stream !== undefined && opening === undefined) {
      this.#write(stream, frame)
      return
    }
    const waiting = opening ?? { frames: [], bytes: 0, attempts: 0, after: 0, busy: false }
    // others are tried at once when there is something to send
    if (this.#openings.size >= MAX_UNREACHED) for (const [id, { busy }] of this.#openings) if (!busy && !this.#init.connected(id)) this.#openings.delete(id)
    this.#openings.set(to, waiting)
    waiting.frames.push(frame)
    waiting.bytes += frame.length
    while (waiting.bytes > MAX_PUBSUB_WAITING) {
      waiting.bytes -= waiting.frames.shift()?.length ?? 0
      this.#init.count('frames_dropped')
    }
    if (!waiting.busy && this.#init.now() >= waiting.after) void this.#open(to, waiting)
  }

  /** There is a connection with the peer, or none any more: the next frame need not wait. */
  changed (id: string): void {
    const opening = this.#openings.get(id)
    if (opening !== undefined && !opening.busy) this.#openings.delete(id)
  }

  /** What was written to a stream that broke may not have arrived, though a connection may be there. */
  #lost (peer: string): void {
    if (this.#stopped || this.#losses.has(peer) || this.#banned(peer)) return
    this.#losses.add(peer)
    timers.after(LOSS_WAIT, () => {
      this.#losses.delete(peer)
      if (!this.#stopped && this.#init.connected(peer)) this.#init.onLost(peer)
    })
  }

  /** Listens to a peer no more for a while. */
  cut (id: string, reason: Error): void {
    if (this.#banned(id)) return
    this.#init.log('cut %s - %e', id, reason)
    this.#init.count('peers_cut')
    this.#bans.add(id, this.#init.now())
    for (const stream of [...this.#streams.streams()]) {
      if (stream.peer === id) stream.abort(reason)
    }
  }

  #write (stream: FramedStream, frame: Uint8Array): void {
    try {
      this.#sentAt.set(stream, this.#init.now())
      stream.send(frame)
    } catch (err) {
      this.#init.count('frames_dropped')
      this.#init.log.trace('could not send to %s - %e', stream.peer, err)
    }
  }

  async #open (to: string, opening: Opening): Promise<void> {
    opening.busy = true
    try {
      const peer = this.#init.peerId(to) ?? peerIdFromString(to)
      const stream = await withDeadline(OPEN_TIMEOUT, [], async signal => this.#streams.open(peer, { signal }))
      for (const frame of opening.frames) this.#write(stream, frame)
      if (this.#openings.get(to) === opening) this.#openings.delete(to)
    } catch (err) {
      this.#init.log.trace('no stream to %s - %e', to, err)
      const wait = backoff(opening.attempts++, RETRY, Math.random)
      opening.after = this.#init.now() + wait
      if (opening.attempts < ATTEMPTS && this.#init.connected(to)) {
        // it may be about to start
        timers.after(wait, () => { if (this.#openings.get(to) === opening && !opening.busy) void this.#open(to, opening) })
      } else {
        opening.frames = []
        opening.bytes = 0
      }
    } finally {
      opening.busy = false
    }
  }

  #banned (id: string): boolean {
    return this.#bans.has(id, this.#init.now())
  }
}
