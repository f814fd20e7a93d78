/**
 * Copied identities. Every stream tells which start of its node it belongs to; when two starts of one peer both have a
 * stream here, the older is asked something: if it answers after the newer was seen, both live, and both are told.
 */
import { encodeElection } from '../wire/election-codec.ts'
import type { FramedStream } from '../streams/index.ts'

/** Milliseconds between two looks at peers of which two starts have streams. */
const INTERVAL = 3_000
/** Milliseconds that a conflict counts after it was last told. */
const LASTS = 3 * INTERVAL

/** A message of type `boot`. */
export interface Boot {
  nonce: string
  ask: number
  answer: number
  conflict: boolean
}

export interface ClonesInit {
  /** Whose frames these are: every frame names a service. */
  service: string
  /** Of this start, 16 bytes. @default random */
  nonce: Uint8Array | undefined
  /** Somebody else lives under this node's identity; or does no more. */
  onConflict: (active: boolean) => void
}

interface Seen {
  nonce: string
  /** Number that this stream was asked with. */
  asked: number
}

export class Clones {
  readonly #init: ClonesInit
  readonly #nonce: string
  readonly #seen = new Map<FramedStream, Seen>()
  #number = 0
  #looking: ReturnType<typeof setInterval> | undefined
  #conflict: ReturnType<typeof setTimeout> | undefined

  constructor (init: ClonesInit) {
    this.#init = init
    const nonce = init.nonce ?? crypto.getRandomValues(new Uint8Array(16))
    this.#nonce = Array.from(nonce, byte => byte.toString(16).padStart(2, '0')).join('')
  }

  get greeting (): Uint8Array {
    return this.#frame({ nonce: this.#nonce })
  }

  stop (): void {
    clearInterval(this.#looking)
    clearTimeout(this.#conflict)
    this.#looking = this.#conflict = undefined
    this.#seen.clear()
  }

  /** Streams are opened by those that speak of themselves, so that who asks and who answers is told by the direction. */
  onBoot (stream: FramedStream, boot: Boot): void {
    if (stream.direction === 'outbound') {
      if (boot.conflict) this.tell()
      if (boot.ask > 0) this.#send(stream, { answer: boot.ask })
      return
    }
    const known = this.#seen.get(stream)
    if (known === undefined) {
      this.#seen.set(stream, { nonce: boot.nonce, asked: 0 })
      this.#look(stream.peer)
    } else if (boot.answer > 0 && boot.answer === known.asked) {
      known.asked = 0
      for (const other of this.#others(stream, known)) {
        for (const told of [stream, other]) this.#send(told, { conflict: true })
      }
    }
  }

  onEnd (stream: FramedStream): void {
    this.#seen.delete(stream)
  }

  /** Two processes live under this identity. */
  tell (): void {
    clearTimeout(this.#conflict)
    this.#conflict = unref(setTimeout(() => { this.#init.onConflict(false) }, LASTS))
    this.#init.onConflict(true)
  }

  /** Streams of other starts of the same peer. */
  #others (stream: FramedStream, { nonce }: Seen): FramedStream[] {
    return [...this.#seen].filter(([other, seen]) => other.peer === stream.peer && seen.nonce !== nonce).map(([other]) => other)
  }

  /** Ask all but the newest stream of the peer. */
  #look (peer: string): void {
    const streams = [...this.#seen].filter(([{ peer: other }]) => other === peer)
    const newest = streams.at(-1)?.[1].nonce
    const older = streams.filter(([, { nonce }]) => nonce !== newest)
    for (const [stream, seen] of older) {
      seen.asked = ++this.#number
      this.#send(stream, { ask: seen.asked })
    }
    if (older.length > 0) this.#looking ??= unref(setInterval(() => { this.#lookAgain() }, INTERVAL))
  }

  #lookAgain (): void {
    const peers = new Map<string, Set<string>>()
    for (const [{ peer }, { nonce }] of this.#seen) peers.set(peer, (peers.get(peer) ?? new Set()).add(nonce))
    const doubled = [...peers].filter(([, nonces]) => nonces.size > 1)
    for (const [peer] of doubled) this.#look(peer)
    if (doubled.length > 0) return
    clearInterval(this.#looking)
    this.#looking = undefined
  }

  #send (stream: FramedStream, boot: Partial<Boot>): void {
    try {
      stream.send(this.#frame(boot))
    } catch {
      // it has ended: nobody lives there
    }
  }

  #frame (boot: Partial<Boot>): Uint8Array {
    const message = { type: 'boot', group: 0, epoch: 0, term: 0, incarnation: '', nonce: '', ask: 0, answer: 0, conflict: false, ...boot }
    return encodeElection(this.#init.service, message)
  }
}

function unref <T> (timer: T): T {
  if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
  return timer
}
