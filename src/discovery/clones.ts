/**
 * Copied identities. When two starts of one peer both have a stream here, the older is probed on it: if it answers after
 * the newer was heard, both live, and both are told on their own streams. Neither can meet the other itself, so what they
 * prove to each other goes through here.
 */
import { unref } from '../util/timeouts.ts'
import { encodeDiscoveryFrame } from '../wire/discovery-codec.ts'
import { CLONE_INTERVAL } from './numbers.ts'
import type { FramedStream } from '../streams/index.ts'
import type { Conflict } from '../wire/discovery-codec.ts'

interface Seen {
  /** Of the start that speaks on this stream. */
  boot: string
  /** Nonce of the probe that it was sent. */
  asked: number | undefined
}

export class Clones {
  readonly #random: () => number
  /** Inbound streams: their opener speaks of itself. In the order in which they said hello. */
  readonly #seen = new Map<FramedStream, Seen>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (random: () => number) {
    this.#random = random
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#seen.clear()
  }

  onNonce (stream: FramedStream, nonce: Uint8Array): void {
    if (stream.direction !== 'inbound' || nonce.length === 0 || this.#seen.has(stream)) return
    this.#seen.set(stream, { boot: String(nonce), asked: undefined })
    this.#look(stream.peer)
  }

  onAck (stream: FramedStream, nonce: number): void {
    const seen = this.#seen.get(stream)
    if (seen?.asked !== nonce) return
    seen.asked = undefined
    const others = this.#of(stream.peer).filter(([, { boot }]) => boot !== seen.boot)
    for (const [told] of others.length === 0 ? [] : [[stream] as const, ...others]) send(told, encodeDiscoveryFrame({ conflict: {} }))
  }

  /** One start says something to the others. */
  pass (stream: FramedStream, conflict: Conflict): void {
    const boot = this.#seen.get(stream)?.boot
    if (boot === undefined || conflict.challenge.length === 0) return
    for (const [other, seen] of this.#of(stream.peer)) if (seen.boot !== boot) send(other, encodeDiscoveryFrame({ conflict }))
  }

  onEnd (stream: FramedStream): void {
    this.#seen.delete(stream)
  }

  #of (peer: string): Array<[FramedStream, Seen]> {
    return [...this.#seen].filter(([stream]) => stream.peer === peer)
  }

  #look (peer: string): void {
    const streams = this.#of(peer)
    const newest = streams.at(-1)?.[1].boot
    const older = streams.filter(([, { boot }]) => boot !== newest)
    for (const [stream, seen] of older) {
      seen.asked = Math.floor(this.#random() * 2 ** 32)
      send(stream, encodeDiscoveryFrame({ probe: { nonce: seen.asked } }))
    }
    if (older.length === 0 || this.#timer !== undefined) return
    this.#timer = unref(setInterval(() => { this.#lookAgain() }, CLONE_INTERVAL))
  }

  #lookAgain (): void {
    const peers = new Set([...this.#seen.keys()].map(({ peer }) => peer))
    const doubled = [...peers].filter(peer => new Set(this.#of(peer).map(([, { boot }]) => boot)).size > 1)
    for (const peer of doubled) this.#look(peer)
    if (doubled.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** On that very stream: another one of the peer may be of its other start. */
export function send (stream: FramedStream, frame: Uint8Array): void {
  try {
    stream.send(frame)
  } catch {
    // it has ended: nobody lives there
  }
}
