/** The election streams with all peers. What cannot be sent now is dropped: every message is said again, or stale. */
import { peerIdFromString } from '@libp2p/peer-id'
import { ProtocolError } from '../errors.ts'
import { Bans } from '../streams/bans.core.ts'
import { peerStreams } from '../streams/index.ts'
import { backoff } from '../util/backoff.core.ts'
import { withDeadline } from '../util/deadline.ts'
import { decodeElection } from '../wire/election-codec.ts'
import { MAX_ELECTION_FRAME } from '../wire/limits.ts'
import type { Message } from './messages.core.ts'
import type { FramedStream, PeerStreams, PeerStreamsComponents } from '../streams/index.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Frames that one peer may send per second; a register that is written all the time takes a few thousand. */
const MAX_FRAMES = 20_000
/** Milliseconds a peer that was cut is not listened to. */
const BAN = 10_000
/** Peers whose frames are counted. */
const MAX_RATES = 1_000
/** Milliseconds a stream may take to open: by then what it was opened for is said again. */
const OPEN_TIMEOUT = 1_000
/** Frames that wait for a stream to open, the newest ones. */
const MAX_WAITING = 16
/** Between attempts to open a stream, ms. */
const RETRY = { initial: 20, max: 500 }
/** Milliseconds that queued frames get to leave when the node stops. */
const STOP_TIMEOUT = 500

interface Opening {
  frames: Uint8Array[]
  attempts: number
  /** Not before this time. */
  after: number
  busy: boolean
  /** The connection is another one, or gone, since this began. */
  over: boolean
}

export interface NetInit {
  protocol: string
  onMessage: (from: string, service: string, message: Message) => void
  peerId: (id: string) => PeerId | undefined
  now: () => number
  log: Logger
}

export class Net {
  readonly #init: NetInit
  readonly #streams: PeerStreams
  readonly #openings = new Map<string, Opening>()
  readonly #rates = new Map<string, { second: number, frames: number }>()
  readonly #bans = new Bans(BAN)

  constructor (components: PeerStreamsComponents, init: NetInit) {
    this.#init = init
    this.#streams = peerStreams(components, {
      protocol: init.protocol,
      limits: { maxFrame: MAX_ELECTION_FRAME, highWater: MAX_ELECTION_FRAME, maxQueue: 4 * MAX_ELECTION_FRAME },
      maxStreamsPerPeer: 8,
      openTimeout: OPEN_TIMEOUT,
      onFrame: (stream, bytes, start, end) => { this.#onFrame(stream, bytes, start, end) },
      onAccept: stream => { if (this.#banned(stream.peer)) stream.abort(new ProtocolError('cut for what it sent before')) },
      onEnd: (stream, reason) => {
        if (reason?.name === 'ProtocolError' || reason?.name === 'FrameTooLargeError') this.cut(stream.peer, reason)
      }
    })
  }

  async start (): Promise<void> {
    await this.#streams.start()
  }

  async stop (): Promise<void> {
    await withDeadline(STOP_TIMEOUT, [], async signal => this.#streams.stop({ signal }))
    this.#openings.clear()
    this.#rates.clear()
    this.#bans.clear()
  }

  send (to: string, frame: Uint8Array): void {
    const stream = this.#streams.get(to)
    if (stream !== undefined) {
      this.#openings.delete(to)
      this.#write(stream, frame)
      return
    }
    const opening = this.#openings.get(to) ?? { frames: [], attempts: 0, after: 0, busy: false, over: false }
    this.#openings.set(to, opening)
    if (opening.frames.push(frame) > MAX_WAITING) opening.frames.shift()
    if (!opening.busy && this.#init.now() >= opening.after) void this.#open(to, opening)
  }

  /** There is a connection with the peer, or none any more: the next frame need not wait. */
  changed (id: string): void {
    const opening = this.#openings.get(id)
    if (opening === undefined) return
    if (opening.busy) opening.over = true
    else this.#openings.delete(id)
  }

  #write (stream: FramedStream, frame: Uint8Array): void {
    try {
      stream.send(frame)
    } catch (err) {
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
      opening.frames = []
      opening.after = this.#init.now() + backoff(opening.attempts++, RETRY, Math.random)
    } finally {
      opening.busy = false
      if (opening.over && this.#openings.get(to) === opening) this.#openings.delete(to)
    }
  }

  #onFrame (stream: FramedStream, bytes: Uint8Array, start: number, end: number): void {
    const from = stream.peer
    if (this.#banned(from)) return
    const second = Math.floor(this.#init.now() / 1_000)
    let rate = this.#rates.get(from)
    if (rate?.second !== second) {
      rate = { second, frames: 0 }
      if (this.#rates.size > MAX_RATES) this.#rates.clear()
      this.#rates.set(from, rate)
    }
    if (++rate.frames > MAX_FRAMES) throw new ProtocolError('too many frames')
    const { service, message } = decodeElection(bytes, start, end)
    this.#init.onMessage(from, service, message as unknown as Message)
  }

  #banned (id: string): boolean {
    return this.#bans.has(id, this.#init.now())
  }

  /** Listens to a peer no more for a while. */
  cut (id: string, reason: Error): void {
    if (this.#banned(id)) return
    this.#init.log('cut %s - %e', id, reason)
    this.#bans.add(id, this.#init.now())
    for (const stream of [...this.#streams.streams()]) {
      if (stream.peer === id) stream.abort(reason)
    }
  }
}
