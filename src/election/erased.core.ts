/**
 * Keys of the register that were deleted of late, for who must tell one that was never there from one that is there no more:
 * the marks of deletions go within moments. It is this node's own memory; where that has a gap, any key may have been
 * deleted. Pure.
 */
import { MAX_ERASED, REMEMBERED_FOR } from '../wire/limits.ts'

export class Erased {
  #keys = new Set<string>()
  #before = new Set<string>()
  /** Any may have been deleted since the last turn, or before it. */
  #all: boolean
  #allBefore = false
  #turned: number

  /** @param unknown - what was deleted before is not known */
  constructor (unknown: boolean, now: number) {
    this.#all = unknown
    this.#turned = now
  }

  add (key: string, now: number): void {
    this.#turn(now)
    if (this.#keys.size >= MAX_ERASED) this.addAll(now)
    else this.#keys.add(key)
  }

  /** Any key may have been deleted just now. */
  addAll (now: number): void {
    this.#turn(now)
    this.#all = true
    this.#keys.clear()
  }

  /** For {@link REMEMBERED_FOR} at least, for twice that at most. */
  has (key: string, now: number): boolean {
    this.#turn(now)
    return this.#all || this.#allBefore || this.#keys.has(key) || this.#before.has(key)
  }

  #turn (now: number): void {
    const passed = now - this.#turned
    if (passed < REMEMBERED_FOR) return
    const isOver = passed >= 2 * REMEMBERED_FOR
    this.#before = isOver ? new Set() : this.#keys
    this.#allBefore = !isOver && this.#all
    this.#keys = new Set()
    this.#all = false
    this.#turned = now
  }
}
