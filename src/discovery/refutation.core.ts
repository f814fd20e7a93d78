/** What this node says when others suspect it: a record with a seq above the suspected one, not too often. Pure. */

/** Milliseconds between refutations: each is signed and spread to everybody. */
export const REFUTE_INTERVAL = 500
/** Nobody knows a newer seq of ours than we do; this leaves room for one that is on its way to the detector. */
const SEQ_SLACK = 16

export class Refutation {
  #incarnation = -1
  #seq = -1
  #notBefore = -Infinity
  #pending = false

  /** This node's own record, as it was signed last. */
  know (incarnation: number, seq: number): void {
    if (incarnation < this.#incarnation || (incarnation === this.#incarnation && seq <= this.#seq)) return
    this.#incarnation = incarnation
    this.#seq = seq
  }

  /** Whether the suspicion is about what this node says now, so that it must answer. */
  accept (incarnation: number, seq: number): boolean {
    if (incarnation !== this.#incarnation || seq < this.#seq) return false
    // what comes while an answer waits does not raise it further: a liar's numbers must not run away with ours
    if (!this.#pending) this.#seq = Math.min(seq, this.#seq + SEQ_SLACK)
    this.#pending = true
    return true
  }

  /** The seq to refute with, when there is something to refute and the last time is long enough ago. */
  due (at: number): number | undefined {
    if (!this.#pending || at < this.#notBefore) return undefined
    this.#pending = false
    this.#notBefore = at + REFUTE_INTERVAL
    return ++this.#seq
  }
}
