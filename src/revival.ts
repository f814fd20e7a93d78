/**
 * Brings a node up to date after it ran nothing, or was without a network: once, as soon as it has a path that works.
 * Until it tries, a connection that died meanwhile looks like one that lives.
 */
import { answered, silentOf } from './streams/silent.ts'
import { unref } from './util/timeouts.ts'
import type { Connection, Libp2p } from '@libp2p/interface'

/** Milliseconds after which a connection that does not answer is given up: a network needs its time to come back, too. */
const PING_TIMEOUT = 5_000
/** They pass in parts: while this node stands still, again, only one does. */
const PARTS = 4
/** Milliseconds after which what does answer is good enough. */
const SETTLE = 1_000
/** Connections that are asked. Who dialled this node knows by itself. */
const MAX_ASKED = 64

export interface RevivalInit {
  libp2p: Pick<Libp2p, 'getConnections'>
  /** False: that nothing is heard tells nothing of who is asked. */
  online: () => boolean
  joined: () => boolean
  /** There is a path that works, or nothing that says otherwise. */
  onDone: (slept: number) => void
}

export class Revival {
  readonly #init: RevivalInit
  #slept: number | undefined
  /** Asks now. What it hears tells nothing of a later time away, which ends it. */
  #round: AbortController | undefined
  /** It has begun in this very turn. */
  #fresh = false
  /** Those that the network left behind: none of them has answered since. */
  #doubted = new Set<Connection>()

  constructor (init: RevivalInit) {
    this.#init = init
  }

  /** One that has begun before ends for both. @param slept - ms, 0 when only the network was away */
  begin (slept: number): void {
    const begun = this.#slept !== undefined && this.#fresh
    this.#slept = Math.max(slept, this.#slept ?? 0)
    // Who only slept was told of no end, and says nothing of one before it knows.
    if (slept === 0) this.#doubted = new Set(this.#init.libp2p.getConnections())
    if (begun) return
    this.#round?.abort()
    const { signal } = this.#round = new AbortController()
    this.#fresh = true
    queueMicrotask(() => { this.#fresh = false })
    void this.#path(signal).then(() => {
      if (signal.aborted) return
      this.#doubted.clear()
      // also when nobody waits: one of them may be all that is left
      if (this.#init.joined()) this.done()
    })
  }

  /** Whether nothing speaks against the connection's being a path. */
  trusts (connection: Connection): boolean {
    return !this.#doubted.has(connection)
  }

  /** A path was found. False: nobody waits for one. */
  done (): boolean {
    const slept = this.#slept
    if (slept === undefined) return false
    this.#slept = undefined
    this.#init.onDone(slept)
    return true
  }

  stop (): void {
    this.#slept = undefined
    this.#doubted.clear()
    this.#round?.abort()
  }

  /** Resolves when a connection has answered and the others had their time, or when there is none to ask. */
  async #path (round: AbortSignal): Promise<void> {
    const direct = this.#init.libp2p.getConnections().filter(({ direction, remoteAddr }) => direction === 'outbound' && !remoteAddr.toString().includes('/p2p-circuit'))
    if (direct.length === 0) return
    // also each of one peer: that another answers tells nothing of it
    const answers = direct.slice(0, MAX_ASKED).map(async connection => this.#ask(connection, round))
    // where all have failed, their ends are about to be seen, and a new connection is what tells
    await Promise.any(answers).then(async () => Promise.race([Promise.allSettled(answers), pause(SETTLE)]), async () => pause(PING_TIMEOUT))
  }

  async #ask (connection: Connection, round: AbortSignal): Promise<void> {
    const { online, joined } = this.#init
    const done = new AbortController()
    const { signal } = done
    round.addEventListener('abort', () => { done.abort() }, { signal })
    try {
      // a failure tells of itself
      await Promise.race([answered(connection, signal), endSilent(connection, signal, online)])
    } finally {
      done.abort()
    }
    if (round.aborted) return
    this.#doubted.delete(connection)
    joined()
  }
}

/**
 * Aborts one of which nothing comes in time. A busy machine may answer late, but what else comes shows that it lives.
 *
 * @throws Error - it does not answer
 */
async function endSilent (connection: Connection, signal: AbortSignal, online: () => boolean): Promise<void> {
  // what comes at first was sent before
  await pause(PING_TIMEOUT / PARTS)
  const silent = silentOf([connection], signal)
  for (let i = 1; i < PARTS; i++) await pause(PING_TIMEOUT / PARTS)
  if (signal.aborted || silent.size === 0) return
  const error = new Error('the peer does not answer')
  // without a network it is asked again, when there is one
  if (online()) connection.abort(error)
  throw error
}

async function pause (ms: number): Promise<void> {
  await new Promise(resolve => { unref(setTimeout(resolve, ms)) })
}
