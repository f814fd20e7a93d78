/**
 * Which links nobody uses any more. Their nodes report used tokens twice within the time that a link may stay unused;
 * the keeper counts in such half times: what was reported neither in this nor in the last one, nor made in them, goes
 * when this one ends. So a link lives for at least its time after its last use, and at most twice that. Of keys only small
 * hashes are kept: of a hundred thousand links one or two may live on with another one's use. Pure.
 */
import { Hashes } from './hashes.core.ts'

export class Usage {
  #used = new Hashes()
  #usedBefore = new Hashes()
  /** Half times that have begun since this keeper began, and how high indexes were then. */
  #turns: number[] = []

  /** This keeper knows nothing of what was used before: all of it counts as used now. */
  begin (): void {
    this.#used = new Hashes()
    this.#usedBefore = new Hashes()
    this.#turns = []
  }

  /** By the key that the link has in the table. */
  report (key: string): void {
    this.#used.add(hash(key))
  }

  /** In this half time or the last one. */
  has (key: string): boolean {
    const hashed = hash(key)
    return this.#used.has(hashed) || this.#usedBefore.has(hashed)
  }

  /**
   * A half time has ended. @param index - of the last link that was made in this keeper's term
   * @returns whether a link has ended, by its key and, when it was made in this term, its index; undefined: none has, yet
   */
  turn (index: number): ((key: string, made: number) => boolean) | undefined {
    const { length } = this.#turns
    const before = this.#usedBefore
    const now = this.#used
    const youngest = this.#turns[length - 2] ?? 0
    this.#usedBefore = now
    this.#used = new Hashes()
    this.#turns.push(index)
    if (this.#turns.length > 2) this.#turns.shift()
    // what this keeper found when it began was used then
    return length < 2 ? undefined : (key, made) => made <= youngest && !now.has(hash(key)) && !before.has(hash(key))
  }
}

/** FNV-1a. */
function hash (text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
