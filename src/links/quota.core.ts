/** How many questions of each peer, and of all, wait for their answer here. Pure. */
export class Quota {
  readonly #perPeer: number
  readonly #most: number
  readonly #peers = new Map<string, number>()
  #all = 0

  /** @param perPeer - questions of one peer; @param most - of all */
  constructor (perPeer: number, most: number) {
    this.#perPeer = perPeer
    this.#most = most
  }

  /** False: these would be too many. True: give them back with {@link free}. */
  take (peer: string, questions: number): boolean {
    const own = (this.#peers.get(peer) ?? 0) + questions
    if (own > this.#perPeer || this.#all + questions > this.#most) return false
    this.#peers.set(peer, own)
    this.#all += questions
    return true
  }

  free (peer: string, questions: number): void {
    const left = (this.#peers.get(peer) ?? 0) - questions
    if (left > 0) this.#peers.set(peer, left)
    else this.#peers.delete(peer)
    this.#all -= questions
  }
}
