/**
 * One direct path: an RTCPeerConnection as @libp2p/webrtc gives it to libp2p's upgrader, with what is missing there. All
 * of it is done to this connection alone: nothing of the page's own WebRTC is touched.
 */
import { NoPathError } from '../errors.ts'
import { Control } from './control.ts'
import { LOOK, Patience } from './patience.core.ts'
import type { AbortOptions, MultiaddrConnection } from '@libp2p/interface'

/** Milliseconds from the goodbye to the end of the connection, at both ends: what was said before it still arrives. */
const LINGER = 100

/** What the connection and the muxer's factory have and their types do not tell. */
interface OverWebrtc extends MultiaddrConnection {
  readonly peerConnection: RTCPeerConnection
  sendClose (options?: AbortOptions): Promise<void>
  sendReset (err: Error): void
  onTransportClosed (err?: Error): void
}

export class DirectPath {
  readonly peer: string
  readonly connection: MultiaddrConnection
  readonly #over: OverWebrtc
  readonly #control: Control
  /** Its RTCPeerConnection is closed. */
  onEnd = (): void => {}
  /** Both ends have it. */
  isReady = false
  #closing = false
  #ended = false
  #doubted = false

  constructor (connection: MultiaddrConnection, peer: string) {
    this.peer = peer
    this.connection = connection
    this.#over = connection as OverWebrtc
    const { peerConnection } = this.#over
    this.#control = new Control(peerConnection)
    this.#control.onBye = () => { setTimeout(() => { this.#closed() }, LINGER) }
    // the RTCPeerConnection of neither end tells of that: the other one's is `disconnected` after 5 s
    this.#control.onEnd = () => { if (this.isReady && !this.#closing) this.#closed() }
    peerConnection.addEventListener('connectionstatechange', () => {
      if (peerConnection.connectionState === 'disconnected') this.doubt()
    })
    // ICE has failed: @libp2p/webrtc tells libp2p by itself
    connection.addEventListener('close', () => { if (!this.#closing) this.#closed() })
    this.#over.sendClose = async () => { this.#leave() }
    this.#over.sendReset = () => { this.#leave() }
  }

  /**
   * Resolves when both ends have the path. Before that it is none: the other end may have given it up long ago. And
   * before that no muxer may touch it: the dialler makes a channel, waits until it is open, closes it and waits until that
   * is done; the other end's muxer closes it too, as soon as it sees it, and where that comes first, in every eighth dial
   * of a fast network, the dialler waits for ever.
   */
  async ready (options: AbortOptions = {}): Promise<void> {
    try {
      await this.#control.greeted(options)
      this.isReady = true
    } catch (cause) {
      const { iceConnectionState, connectionState } = this.#over.peerConnection
      if (connectionState === 'connected' && this.#control.isOpen) {
        throw new NoPathError(`no direct path to ${this.peer}: there is a way, but it does not greet on it: it does not speak braid's control channel (doc/wire/webrtc.md), or was too slow`, { cause })
      }
      throw new Error(`no way was found: ICE is ${iceConnectionState}, the connection ${connectionState}`, { cause })
    }
  }

  /** Something speaks against the peer's being alive: it is asked, and without an answer the path ends. */
  doubt (): void {
    if (this.#doubted || this.#closing || this.connection.status !== 'open') return
    this.#doubted = true
    const patience = new Patience(Date.now())
    const over = new AbortController()
    // Each from the last one: an interval would catch up with its grid, right after a standstill.
    let timer = setTimeout(look, LOOK)
    function look (): void {
      if (patience.isOver(Date.now())) over.abort()
      else timer = setTimeout(look, LOOK)
    }
    this.#control.ping({ signal: over.signal }).catch(() => {
      this.connection.abort(new Error(`${this.peer} does not answer on the direct path`))
    }).finally(() => {
      clearTimeout(timer)
      this.#doubted = false
    })
  }

  /**
   * The page is left, now: no timer runs after this.
   *
   * @param kept - it may rest in the back/forward cache, where browsers keep none with an RTCPeerConnection that is open
   */
  left (kept: boolean): void {
    this.#control.bye()
    if (!kept) return
    if (this.#closing) this.#end()
    else this.#closed()
  }

  /** It never became a path. */
  discard (): void {
    this.#leave()
  }

  #leave (): void {
    if (this.#closing) return
    this.#closing = true
    this.#control.bye()
    setTimeout(() => { this.#end() }, LINGER)
  }

  #closed (): void {
    this.#closing = true
    this.#over.onTransportClosed()
    this.#end()
  }

  /**
   * Without the event, which no browser sends, @libp2p/webrtc keeps each connection that ever was until the node stops,
   * and Chromium makes no more than 500.
   */
  #end (): void {
    if (this.#ended) return
    this.#ended = true
    const { peerConnection } = this.#over
    peerConnection.close()
    peerConnection.dispatchEvent(new Event('close'))
    this.onEnd()
  }
}
