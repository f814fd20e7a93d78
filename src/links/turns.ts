/**
 * Questions about one token, one after the other while its link is being written. Each waits for the one before it, not
 * all for the same one: the last of many would look as often as there are many.
 */
import { MAX_LINK_CHANGES_PER_TOKEN } from '../wire/limits.ts'
import type { Answer } from './messages.core.ts'

interface Turn {
  /** Never rejects. */
  last: Promise<unknown>
  /** Those that wait and may change the link. */
  changes: number
}

export class Turns {
  readonly #turns = new Map<string, Turn>()

  /** The link is being written. */
  has (key: string): boolean {
    return this.#turns.has(key)
  }

  /** Those that wait are asked as if they came now. */
  clear (): void {
    this.#turns.clear()
  }

  /** @param ask - at once, unless the link is being written: that is when it returns a promise */
  take (key: string, isChange: boolean, ask: () => Answer | Promise<Answer>): Answer | Promise<Answer> {
    const turn = this.#turns.get(key)
    if (turn === undefined) {
      const answer = ask()
      if (answer instanceof Promise) this.#follow(key, { last: answer, changes: 0 }, answer)
      return answer
    }
    const changes = isChange ? 1 : 0
    if (turn.changes + changes > MAX_LINK_CHANGES_PER_TOKEN) return { failure: 'unavailable' }
    turn.changes += changes
    const mine = turn.last.then(() => {
      turn.changes -= changes
      return this.#turns.get(key) === turn ? ask() : this.take(key, isChange, ask)
    })
    this.#follow(key, turn, mine)
    return mine
  }

  #follow (key: string, turn: Turn, answer: Promise<Answer>): void {
    const done = answer.catch(() => {}).finally(() => { if (turn.last === done && this.#turns.get(key) === turn) this.#turns.delete(key) })
    turn.last = done
    this.#turns.set(key, turn)
  }
}
