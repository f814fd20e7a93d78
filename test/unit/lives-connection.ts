/** A connection of a node in a world that a test moves. */
import { multiaddr } from '@multiformats/multiaddr'
import type { Peer, World } from './lives-world.ts'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds after which a connection that died is seen to have ended, whoever else looks. */
export const SEEN = [20_000, 40_000] as const

export class FakeConnection {
  status = 'open'
  alive = true
  readonly maConn = new EventTarget()
  readonly direction: 'inbound' | 'outbound'
  readonly remotePeer: PeerId
  readonly remoteAddr: Multiaddr
  readonly #world: World

  constructor (world: World, { id }: Peer, address: string, direction: 'inbound' | 'outbound') {
    this.#world = world
    this.remotePeer = id
    this.remoteAddr = multiaddr(address)
    this.direction = direction
  }

  /** Without a word. */
  die (): void {
    if (!this.alive) return
    this.alive = false
    setTimeout(() => { this.close() }, this.#world.random.between(...SEEN))
  }

  async newStream (_: string, { signal }: { signal: AbortSignal }): Promise<{ abort: () => void }> {
    // what is lost is sent again, seldom and seldom
    let wait = this.#world.random.between(2, 80)
    do {
      await after(wait, signal)
      wait = this.alive ? 300 : 5_000
    } while (!this.works)
    this.maConn.dispatchEvent(new Event('message'))
    return { abort: () => {} }
  }

  close (): void {
    if (this.status !== 'open') return
    this.status = 'closed'
    this.alive = false
    this.#world.closed(this)
  }

  get works (): boolean { return this.alive && (this.#world.link || this.local) }

  get local (): boolean { return this.remoteAddr.toString().startsWith('/ip4/127.') }

  abort (error: Error): void {
    if (this.status === 'open') this.#world.aborted(this, error)
    this.close()
  }
}

/** @throws the signal's reason */
export async function after (ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
  })
}
