/** The discovery streams with all peers, and what each peer may cost: too many or too bad frames cut its streams. */
import { ProtocolError } from '../errors.ts'
import { Bans } from '../streams/bans.core.ts'
import { peerStreams } from '../streams/index.ts'
import { withDeadline } from '../util/deadline.ts'
import { decodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { MAX_DISCOVERY_FRAME } from '../wire/limits.ts'
import { BAN, MAX_BYTES, MAX_FRAMES, MAX_OPENING, MAX_PENALTY, OPEN_TIMEOUT } from './numbers.ts'
import type { Counters } from './counters.ts'
import type { PeerIds } from './peer-ids.ts'
import type { FramedStream, PeerStreams, PeerStreamsComponents } from '../streams/index.ts'
import type { DiscoveryFrame } from '../wire/discovery-codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'

export interface PeersInit {
  protocol: string
  onFrame: (stream: FramedStream, frame: DiscoveryFrame) => void
  onEnd: (stream: FramedStream) => void
  peerIds: PeerIds
  counters: Counters
  now: () => number
  log: Logger
}

/** What a peer did in the second that runs. */
interface Account {
  second: number
  frames: number
  bytes: number
  kinds: Map<string, number>
  penalty: number
}

export class Peers {
  readonly #init: PeersInit
  readonly #streams: PeerStreams
  readonly #connections: PeerStreamsComponents['connectionManager']
  readonly #accounts = new Map<string, Account>()
  readonly #bans = new Bans(BAN)
  readonly #opening = new Map<string, number>()

  constructor (components: PeerStreamsComponents, init: PeersInit) {
    this.#init = init
    this.#connections = components.connectionManager
    this.#streams = peerStreams(components, {
      protocol: init.protocol,
      limits: { maxFrame: MAX_DISCOVERY_FRAME },
      onFrame: (stream, bytes, start, end) => { this.#onFrame(stream, bytes, start, end) },
      onAccept: stream => { if (this.banned(stream.peer)) stream.abort(new ProtocolError('too many bad frames before')) },
      onEnd: (stream, reason) => { this.#onEnd(stream, reason) }
    })
  }

  async start (): Promise<void> {
    await this.#streams.start()
  }

  async stop (signal: AbortSignal): Promise<void> {
    await this.#streams.stop({ signal })
    this.#accounts.clear()
    this.#bans.clear()
    this.#opening.clear()
  }

  /** Peers that have a connection with us now, members or not. */
  connected (): Set<string> {
    return new Set(this.#connections.getConnections().map(({ remotePeer }) => remotePeer.toString()))
  }

  /** Undefined when it is no peer id. */
  peerId (id: string): PeerId | undefined {
    return this.#init.peerIds.get(id)
  }

  isConnected (peer: PeerId): boolean {
    return this.#connections.getConnections(peer).some(connection => connection.status === 'open')
  }

  /** Forget what a peer did; its ban stays. */
  forget (id: string): void {
    this.#accounts.delete(id)
    this.#opening.delete(id)
  }

  banned (id: string): boolean {
    return this.#bans.has(id, this.#init.now())
  }

  /**
   * Send one frame, opening the stream (and a connection) if there is none.
   *
   * @throws the reason why it could not be sent
   */
  async send (peer: PeerId, frame: Uint8Array, timeout = OPEN_TIMEOUT): Promise<void> {
    const id = peer.toString()
    const open = this.#streams.get(id)
    if (open != null) {
      open.send(frame)
      return
    }
    const waiting = this.#opening.get(id) ?? 0
    if (waiting >= MAX_OPENING || this.banned(id)) throw new ProtocolError('the peer is not spoken to')
    this.#opening.set(id, waiting + 1)
    try {
      const stream = await withDeadline(timeout, [], async signal => this.#streams.open(peer, { signal }))
      stream.send(frame)
    } finally {
      const left = (this.#opening.get(id) ?? 0) - 1
      if (left > 0) this.#opening.set(id, left)
      else this.#opening.delete(id)
    }
  }

  /** {@link send} where nothing can be done about a failure: other ways, or the next exchange, make up for it. */
  post (id: string, frame: Uint8Array, timeout?: number): void {
    const peer = this.#init.peerIds.get(id)
    if (peer == null) return
    this.send(peer, frame, timeout).catch(err => {
      this.#init.counters.add('frames_unsent')
      this.#init.log.trace('could not send to %s - %e', id, err)
    })
  }

  /** Send to everybody whose stream is open, now: no script may run after this. Ends these streams. */
  shout (frame: Uint8Array): void {
    for (const id of this.connected()) {
      try {
        const stream = this.#streams.reach(id)
        stream?.send(frame)
        // Who closes a stream flushes it; otherwise a frame waits for others of its tick.
        stream?.close().catch(() => {})
      } catch (err) {
        this.#init.log.trace('could not tell %s - %e', id, err)
      }
    }
  }

  /** Bytes that wait in the streams to these peers. */
  queued (ids: Iterable<string>): number {
    let sum = 0
    for (const id of ids) sum += this.#streams.get(id)?.queued ?? 0
    return sum
  }

  /** Peers of which bytes arrived, on any protocol, since this was last asked, and when something was last sent to each. */
  heard (): Array<{ peer: string, sentAt: number }> {
    return this.#streams.heard()
  }

  /** Whether the peer may have one more of this kind in this second. */
  allow (id: string, kind: string, perSecond: number): boolean {
    const { kinds } = this.#account(id)
    const count = (kinds.get(kind) ?? 0) + 1
    kinds.set(kind, count)
    if (count > perSecond) this.#init.counters.add(`${kind}_refused`)
    return count <= perSecond
  }

  /** The peer did something that no honest peer does. */
  punish (id: string, points: number): void {
    const account = this.#account(id)
    account.penalty += points
    if (account.penalty >= MAX_PENALTY) this.#cut(id, 'too many bad frames')
  }

  #cut (id: string, why: string): void {
    if (this.banned(id)) return
    this.#init.counters.add('peers_cut')
    this.#init.log('cut %s: %s', id, why)
    this.#bans.add(id, this.#init.now())
    this.#accounts.delete(id)
    for (const stream of [...this.#streams.streams()]) {
      if (stream.peer === id) stream.abort(new ProtocolError(why))
    }
  }

  #onFrame (stream: FramedStream, bytes: Uint8Array, start: number, end: number): void {
    const from = stream.peer
    if (start === end || this.banned(from)) return
    const account = this.#account(from)
    account.frames++
    account.bytes += end - start
    if (account.frames > MAX_FRAMES || account.bytes > MAX_BYTES) {
      this.#cut(from, 'too many frames')
      return
    }
    let frame: DiscoveryFrame
    try {
      frame = decodeDiscoveryFrame(bytes, start, end)
    } catch {
      this.#init.counters.add('frames_malformed')
      this.punish(from, 2)
      return
    }
    try {
      this.#init.onFrame(stream, frame)
    } catch (err) {
      this.#init.counters.add('frames_failed')
      this.#init.log.error('a frame of %s could not be handled - %e', from, err)
    }
  }

  #onEnd (stream: FramedStream, reason: Error | undefined): void {
    this.#init.onEnd(stream)
    if (reason == null || this.banned(stream.peer)) return
    if (reason.name === 'ProtocolError' || reason.name === 'FrameTooLargeError' || (reason.name === 'StreamTimeoutError' && stream.direction === 'inbound')) {
      this.#init.counters.add('streams_broken')
      this.punish(stream.peer, 2)
    }
  }

  #account (id: string): Account {
    const second = Math.floor(this.#init.now() / 1_000)
    let account = this.#accounts.get(id)
    if (account == null) {
      account = { second, frames: 0, bytes: 0, kinds: new Map(), penalty: 0 }
      this.#accounts.set(id, account)
    } else if (account.second !== second) {
      account.penalty = Math.max(0, account.penalty - (second - account.second))
      account.second = second
      account.frames = 0
      account.bytes = 0
      account.kinds.clear()
    }
    return account
  }
}
