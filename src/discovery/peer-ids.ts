import { peerIdFromString } from '@libp2p/peer-id'
import { MAX_NODES } from '../wire/limits.ts'
import type { PeerId } from '@libp2p/interface'

/** Peer ids with their keys, parsed once. */
export class PeerIds {
  readonly #known = new Map<string, PeerId>()

  /** Undefined when it is no peer id. */
  get (id: string): PeerId | undefined {
    let peerId = this.#known.get(id)
    if (peerId == null) {
      try {
        peerId = peerIdFromString(id)
      } catch {
        return undefined
      }
      this.#known.set(id, peerId)
      for (const oldest of this.#known.keys()) {
        if (this.#known.size <= 2 * MAX_NODES) break
        this.#known.delete(oldest)
      }
    }
    return peerId
  }
}
