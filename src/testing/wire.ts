/** A connection between two nodes of one process: two ends, and in each direction a line that can be held up. */
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { AbortOptions, Logger, MessageStreamDirection } from '@libp2p/interface'
import type { SendResult } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Bytes a line takes while it is held up before its sender has to wait, as the buffers of a network would. */
const CAPACITY = 1024 * 1024

export interface EndInit {
  remoteAddr: Multiaddr
  direction: MessageStreamDirection
  log: Logger
}

type Item = Uint8ArrayList | 'close' | 'reset'

/** One direction: hands on in order, and asynchronously, what is put on it. */
class Line {
  readonly #deliver: (item: Item) => void
  readonly #flows: () => boolean
  readonly #onDrain: () => void
  #held: Item[] = []
  #bytes = 0
  #scheduled = false
  #full = false

  constructor (flows: () => boolean, deliver: (item: Item) => void, onDrain: () => void) {
    this.#flows = flows
    this.#deliver = deliver
    this.#onDrain = onDrain
  }

  /** False when the sender should wait for the drain. */
  put (item: Item): boolean {
    this.#held.push(item)
    if (typeof item !== 'string') this.#bytes += item.byteLength
    this.flush()
    this.#full = this.#bytes >= CAPACITY
    return !this.#full
  }

  clear (): void {
    this.#held = []
    this.#bytes = 0
  }

  flush (): void {
    if (this.#scheduled || this.#held.length === 0 || !this.#flows()) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  #run (): void {
    while (this.#flows()) {
      const item = this.#held.shift()
      if (item == null) break
      if (typeof item !== 'string') this.#bytes -= item.byteLength
      this.#deliver(item)
    }
    if (this.#full && this.#bytes < CAPACITY) {
      this.#full = false
      this.#onDrain()
    }
  }
}

class WireEnd extends AbstractMultiaddrConnection {
  /** Where this end writes; set right after both ends exist. */
  out: Line | undefined
  /** Where it reads. */
  in: Line | undefined
  paused = false

  constructor (init: EndInit) {
    // Never closed for being idle: the two ends are in one process.
    super({ ...init, inactivityTimeout: Infinity })
  }

  sendData (data: Uint8ArrayList): SendResult {
    // The caller may reuse its list, but not the bytes in it.
    return { sentBytes: data.byteLength, canSendMore: this.out?.put(data.sublist()) ?? true }
  }

  sendReset (): void {
    this.out?.put('reset')
  }

  async sendClose (options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    this.out?.put('close')
  }

  sendPause (): void {
    this.paused = true
  }

  sendResume (): void {
    this.paused = false
    this.in?.flush()
  }

  receive (item: Item): void {
    if (this.status !== 'open' && this.status !== 'closing') return
    if (item === 'close') this.onTransportClosed()
    else if (item === 'reset') this.onRemoteReset()
    else this.onData(item)
  }
}

export class Wire {
  readonly dialer: WireEnd
  readonly listener: WireEnd
  readonly #there: Line
  readonly #back: Line

  /** @param flows - whether frames pass now; call {@link flush} when that changes to true */
  constructor (dialer: EndInit, listener: EndInit, flows: () => boolean, onClosed: () => void) {
    this.dialer = new WireEnd(dialer)
    this.listener = new WireEnd(listener)
    this.#there = this.#line(this.dialer, this.listener, flows)
    this.#back = this.#line(this.listener, this.dialer, flows)
    let open = 2
    for (const end of [this.dialer, this.listener]) {
      end.addEventListener('close', () => { if (--open === 0) onClosed() }, { once: true })
    }
  }

  #line (from: WireEnd, to: WireEnd, flows: () => boolean): Line {
    const line = new Line(() => flows() && !to.paused, item => { to.receive(item) }, () => { from.safeDispatchEvent('drain') })
    from.out = line
    to.in = line
    return line
  }

  flush (): void {
    this.#there.flush()
    this.#back.flush()
  }

  /** Both ends lose the connection at once; what was under way is lost. */
  cut (): void {
    this.#there.clear()
    this.#back.clear()
    this.dialer.receive('reset')
    this.listener.receive('reset')
  }
}
