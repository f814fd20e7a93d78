/** Drives the view: what enters it, and who hears of what changed. */
import { multiaddr } from '@multiformats/multiaddr'
import { createView } from './view.core.ts'
import { Waiters } from './waiters.ts'
import type { PeerIds } from './peer-ids.ts'
import type { VerifiedRecord, View, ViewInput, ViewOutput } from './view.core.ts'
import type { Logger, PeerStore } from '@libp2p/interface'

export interface RosterInit {
  self: string
  peerIds: PeerIds
  peerStore: Pick<PeerStore, 'merge' | 'delete'>
  /** A record entered the view; `added`: of a node that was not in it. */
  onRecord: (record: VerifiedRecord, added: boolean) => void
  onRemove: (id: string) => void
  onEvent: (event: ViewOutput) => void
  now: () => number
  log: Logger
}

export class Roster {
  readonly #init: RosterInit
  readonly waiters = new Waiters(service => this.view.nodes(service))
  view: View

  constructor (init: RosterInit) {
    this.#init = init
    this.view = createView({ self: init.self })
  }

  /** A new start knows nobody. */
  reset (): void {
    this.view = createView({ self: this.#init.self })
  }

  /** The node is in the view, and is not this one. */
  has (id: string): boolean {
    return id !== this.#init.self && this.view.get(id) != null
  }

  get lonely (): boolean {
    return this.view.nodes().every(({ id }) => id === this.#init.self)
  }

  /** A record whose signature is good. */
  take (record: VerifiedRecord): void {
    const { id, addresses } = record.info
    const before = this.view.get(id)
    this.#apply({ type: 'record', record, now: this.#init.now() })
    if (this.view.get(id) == null) return
    if (id !== this.#init.self && addresses.length > 0 && String(before?.addresses) !== String(addresses)) this.#learn(id, addresses)
    this.#init.onRecord(record, before == null)
  }

  /** What the failure detector thinks. */
  judge (id: string, opinion: 'alive' | 'suspect' | 'down'): void {
    this.#apply({ type: 'opinion', id, opinion, now: this.#init.now() })
  }

  #apply (input: ViewInput): void {
    const outputs = this.view.step(input)
    if (outputs.length === 0) return
    for (const output of outputs) {
      if (output.type !== 'node:remove') continue
      this.#init.onRemove(output.node.id)
      if (output.node.state === 'left') this.#unlearn(output.node.id)
    }
    this.waiters.check()
    outputs.forEach(this.#init.onEvent)
  }

  /**
   * Identities cost nothing: those that come and go must not fill the peer store. Addresses of a node that is only out
   * of reach stay, as it may be a partition.
   */
  #unlearn (id: string): void {
    const { peerIds, peerStore, log } = this.#init
    const peer = peerIds.get(id)
    if (peer == null) return
    peerStore.delete(peer).catch(err => {
      log.error('could not forget the addresses of %s - %e', id, err)
    })
  }

  /** So that libp2p can dial it by its id. */
  #learn (id: string, addresses: readonly string[]): void {
    const { peerIds, peerStore, log } = this.#init
    const peer = peerIds.get(id)
    if (peer == null) return
    peerStore.merge(peer, { multiaddrs: addresses.map(address => multiaddr(address)) }).catch(err => {
      log.error('could not store the addresses of %s - %e', id, err)
    })
  }
}
