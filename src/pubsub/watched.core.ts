/** Messages whose publisher waits until they are final in every channel that there was when they were published. Pure. */
export class Watched {
  /** By seq, in order: the channels that are not done with it. */
  readonly #left = new Map<number, Set<string>>()
  readonly #tell: (seq: number) => void

  /** @param tell - once for each */
  constructor (tell: (seq: number) => void) {
    this.#tell = tell
  }

  add (seq: number, channels: Iterable<string>): void {
    const left = new Set(channels)
    if (left.size > 0) this.#left.set(seq, left)
    else this.#tell(seq)
  }

  final (channel: string, seq: number): void {
    const left = this.#left.get(seq)
    if (left?.delete(channel) === true && left.size === 0) this.#done(seq)
  }

  /** The channel is over, or none of these is for it any more. */
  without (channel: string, isFinal: (seq: number) => boolean = () => true): void {
    for (const seq of this.#left.keys()) if (isFinal(seq)) this.final(channel, seq)
  }

  /** Older ones are not kept any more: no channel will have them. */
  forget (first: number): void {
    for (const seq of this.#left.keys()) {
      if (seq >= first) return
      this.#done(seq)
    }
  }

  #done (seq: number): void {
    this.#left.delete(seq)
    this.#tell(seq)
  }
}
