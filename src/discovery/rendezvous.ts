/**
 * Meeting in the DHT: this node provides the keys of its mesh and its service, and looks there for others, which it
 * then greets. Slow, in the background, and only as often as it helps.
 */
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { fromString } from 'uint8arrays/from-string'
import { withDeadline } from '../util/deadline.ts'
import { unref } from '../util/timeouts.ts'
import { MAX_LONELY, MAX_PROVIDERS, MAX_WANTED, MIN_LONELY, PROVIDE_INTERVAL, RENDEZVOUS_INTERVAL, RENDEZVOUS_SETTLE, RENDEZVOUS_TIMEOUT } from './numbers.ts'
import type { Counters } from './counters.ts'
import type { ContentRouting, Logger, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const RAW = 0x55

export interface RendezvousInit {
  mesh: string
  service: string | undefined
  contentRouting: () => Pick<ContentRouting, 'provide' | 'findProviders'> | undefined
  /** A connection is there, so that there is a DHT to ask. */
  connected: () => boolean
  /** Others can dial this node: without addresses, providers are dropped in silence. */
  reachable: () => boolean
  /** The view holds nobody else. */
  lonely: () => boolean
  has: (service: string) => boolean
  onProvider: (peer: PeerId, addresses: Multiaddr[]) => void
  counters: Counters
  random: () => number
  now: () => number
  log: Logger
}

export class Rendezvous {
  readonly #init: RendezvousInit
  readonly #wanted = new Set<string>()
  #closing: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #due = Infinity
  #busy = false
  #again = false
  #providedAt = -Infinity
  #settledAt = 0
  #lonelyDelay = MIN_LONELY

  constructor (init: RendezvousInit) {
    this.#init = init
  }

  start (): void {
    this.#closing = new AbortController()
    this.#providedAt = -Infinity
    this.#settledAt = this.#init.now() + RENDEZVOUS_SETTLE * (1 + this.#init.random())
    this.#lonelyDelay = MIN_LONELY
    this.#busy = false
    this.#arm(MIN_LONELY)
  }

  stop (): void {
    this.#closing?.abort()
    this.#closing = undefined
    this.#wanted.clear()
    this.#disarm()
  }

  /** There is a new connection: the DHT may know more now. */
  connected (): void {
    if (!this.#init.lonely()) return
    this.#lonelyDelay = MIN_LONELY
    this.#arm(100)
  }

  /** Somebody waits for this service. */
  want (service: string): void {
    if (this.#wanted.has(service) || this.#wanted.size >= MAX_WANTED) return
    this.#wanted.add(service)
    this.#lonelyDelay = MIN_LONELY
    this.#arm(0)
  }

  /** Nobody waits for it any more. */
  unwant (service: string): void {
    this.#wanted.delete(service)
  }

  #arm (delay: number): void {
    const due = this.#init.now() + delay
    if (this.#closing == null || due >= this.#due) return
    this.#disarm()
    this.#due = due
    this.#timer = unref(setTimeout(() => {
      this.#disarm()
      void this.#run()
    }, delay))
  }

  #disarm (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = Infinity
  }

  async #run (): Promise<void> {
    if (this.#busy) {
      this.#again = true
      return
    }
    const closing = this.#closing
    const routing = this.#init.contentRouting()
    if (closing == null || routing == null) return
    const settling = this.#settledAt - this.#init.now()
    if (settling > 0 && this.#wanted.size === 0 && !this.#init.lonely()) {
      this.#arm(settling)
      return
    }
    this.#busy = true
    this.#again = false
    const goOn = !this.#init.connected() || await this.#round(routing, closing.signal)
    if (closing !== this.#closing) return
    this.#busy = false
    if (goOn) this.#arm(this.#again ? 0 : this.#delay())
    else this.stop()
  }

  #delay (): number {
    const { lonely, random, has } = this.#init
    const jitter = 0.75 + 0.5 * random()
    if (!lonely() && [...this.#wanted].every(has)) {
      this.#lonelyDelay = MIN_LONELY
      return RENDEZVOUS_INTERVAL * jitter
    }
    const delay = this.#lonelyDelay
    this.#lonelyDelay = Math.min(MAX_LONELY, delay * 2)
    return delay * jitter
  }

  /** False: there is no DHT, and none will come. */
  async #round (routing: Pick<ContentRouting, 'provide' | 'findProviders'>, closing: AbortSignal): Promise<boolean> {
    const { mesh, service, reachable, has, now } = this.#init
    const key = `braid/${mesh}`
    if (reachable() && now() - this.#providedAt > PROVIDE_INTERVAL) {
      const own = service == null ? [key] : [key, `${key}/${service}`]
      const results = []
      for (const key of own) results.push(await this.#attempt('provides', async signal => { await routing.provide(await cidOf(key), { signal }) }, closing))
      if (results.includes('absent')) return false
      if (results.every(result => result === 'done')) this.#providedAt = now()
    }
    const wanted = [...this.#wanted].filter(name => !has(name)).map(name => `${key}/${name}`)
    for (const sought of [...wanted, key]) {
      const result = await this.#attempt('lookups', async signal => { await this.#lookup(routing, sought, signal) }, closing)
      if (result === 'absent') return false
    }
    return true
  }

  async #lookup (routing: Pick<ContentRouting, 'findProviders'>, key: string, signal: AbortSignal): Promise<void> {
    let found = 0
    for await (const { id, multiaddrs } of routing.findProviders(await cidOf(key), { signal })) {
      this.#init.counters.add('providers_found')
      this.#init.onProvider(id, multiaddrs)
      if (++found >= MAX_PROVIDERS) return
    }
  }

  /** `absent`: there is no DHT. */
  async #attempt (name: string, run: (signal: AbortSignal) => Promise<void>, closing: AbortSignal): Promise<'done' | 'failed' | 'absent'> {
    const { counters, log } = this.#init
    if (closing.aborted) return 'failed'
    counters.add(`dht_${name}`)
    try {
      await withDeadline(RENDEZVOUS_TIMEOUT, [closing], run)
      return 'done'
    } catch (err) {
      if ((err as Error).name === 'NoContentRoutersError') return 'absent'
      counters.add(`dht_${name}_failed`)
      log.trace('%s failed - %e', name, err)
      return 'failed'
    }
  }
}

/** Only sha2-256 keys are found again in the DHT. */
async function cidOf (key: string): Promise<CID> {
  return CID.createV1(RAW, await sha256.digest(fromString(key)))
}
