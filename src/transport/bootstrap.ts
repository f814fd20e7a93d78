/**
 * Keeps the paths into the mesh open: dials every bootstrap address until it is connected, for ever, with capped and
 * jittered backoff, and again when a connection is lost.
 */
import { InvalidOptionsError } from '../errors.ts'
import { backoff } from '../util/backoff.core.ts'
import { unref } from '../util/timeouts.ts'
import { parseAddress } from './address.ts'
import { isLoopback } from './loopback.core.ts'
import { platform } from '#transports'
import type { AbortOptions, ComponentLogger, Connection, Libp2pEvents, Logger, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** What of libp2p is used. */
export interface BootstrapComponents extends TypedEventTarget<Libp2pEvents> {
  peerId: PeerId
  logger: ComponentLogger
  dial (peer: Multiaddr, options: AbortOptions): Promise<Connection>
}

export interface BootstrapInit {
  /** Multiaddrs; with `/p2p/<id>` the peer is authenticated as that id. */
  addresses: readonly string[]
  /** Called after the first attempt at every address and after each later change; `error` as in `Entry`. */
  onAttempt?: (address: string, error: Error | undefined) => void
  /** False: there is no network, so that only addresses of this machine are dialled again. @default always true */
  online?: () => boolean
  /** Milliseconds before the first retry. @default 250 */
  initialDelay?: number
  /** Milliseconds between retries at most. @default 10000 */
  maxDelay?: number
  random?: () => number
}

/** One bootstrap address and what came of it. */
interface Entry {
  readonly address: string
  readonly target: Multiaddr
  /** False for an address that this platform can never dial. */
  readonly possible: boolean
  /** Known from the address, or learnt by dialling. */
  peer: string | undefined
  attempts: number
  error: Error | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  /** Of the start that dials it now: an attempt of a former one may take a while to end. */
  dialling: AbortSignal | undefined
}

function parse (address: string): Entry {
  const target = parseAddress('bootstrap', address)
  const id = target.getComponents().findLast(part => part.name === 'p2p')?.value
  const why = platform.whyNot(address)
  const error = why == null ? undefined : new InvalidOptionsError(why)
  return { address, target, peer: id, possible: why == null, attempts: 0, error, timer: undefined, dialling: undefined }
}

export class Bootstrapper {
  readonly #components: BootstrapComponents
  readonly #init: BootstrapInit
  readonly #entries: Entry[]
  readonly #log: Logger
  #abort: AbortController | undefined

  /** @throws InvalidOptionsError - an address that is no multiaddr, or none that can ever be dialled from here */
  constructor (components: BootstrapComponents, init: BootstrapInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('braid:bootstrap')
    const self = components.peerId.toString()
    this.#entries = init.addresses.map(parse).filter(entry => entry.peer !== self)
    const [first] = this.#entries
    if (first?.error != null && this.#entries.every(({ possible }) => !possible)) {
      throw new InvalidOptionsError(`bootstrap ${first.address}: ${first.error.message}`)
    }
  }

  /** Peer ids of the bootstrap addresses, as far as they are known. */
  get peers (): Set<string> {
    return new Set(this.#entries.flatMap(entry => entry.peer ?? []))
  }

  /** How many addresses there are to dial; this node's own do not count. */
  get size (): number {
    return this.#entries.length
  }

  /** What went wrong at each address that is not connected now. */
  failures (): Array<{ address: string, error: Error }> {
    return this.#entries.flatMap(({ address, error }) => error == null ? [] : [{ address, error }])
  }

  start (): void {
    if (this.#abort != null) return
    this.#abort = new AbortController()
    this.#components.addEventListener('peer:disconnect', this.#onDisconnect)
    for (const entry of this.#entries) void this.#dial(entry)
  }

  stop (): void {
    this.#abort?.abort()
    this.#abort = undefined
    this.#components.removeEventListener('peer:disconnect', this.#onDisconnect)
    for (const entry of this.#entries) clearTimeout(entry.timer)
  }

  /** Dial what is not connected now rather than at its turn: the network, or this node, has just come back. */
  retry (): void {
    for (const entry of this.#entries) {
      entry.attempts = 0
      void this.#dial(entry)
    }
  }

  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const id = detail.toString()
    for (const entry of this.#entries) {
      if (entry.peer === id) this.#schedule(entry)
    }
  }

  #schedule (entry: Entry): void {
    if (this.#abort == null) return
    clearTimeout(entry.timer)
    const { initialDelay: initial = 250, maxDelay: max = 10_000, random = Math.random } = this.#init
    const delay = backoff(entry.attempts++, { initial, max }, random)
    // A node that only waits for its bootstrap must not keep a script from ending.
    entry.timer = unref(setTimeout(() => { void this.#dial(entry) }, delay))
  }

  async #dial (entry: Entry): Promise<void> {
    const signal = this.#abort?.signal
    if (signal == null || entry.dialling === signal || !entry.possible) return
    clearTimeout(entry.timer)
    // one failure is enough to know: `retry` is called when the network is back
    if (entry.error != null && this.#init.online?.() === false && !isLoopback(entry.address)) return
    entry.dialling = signal
    try {
      const connection = await this.#components.dial(entry.target, { signal })
      // An address without an id may lead to another peer than last time: one that restarted without storage.
      entry.peer = connection.remotePeer.toString()
      // nobody knew that the end which was told is that of this address
      if (connection.status !== 'open') throw new Error('closed at once')
      entry.attempts = 0
      entry.error = undefined
    } catch (error) {
      if (signal.aborted) return
      entry.error = error as Error
      this.#log('could not reach %s - %e', entry.address, error)
      this.#schedule(entry)
    } finally {
      if (entry.dialling === signal) entry.dialling = undefined
      if (!signal.aborted) this.#init.onAttempt?.(entry.address, entry.error)
    }
  }
}
