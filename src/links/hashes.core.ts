/** A set of whole numbers below 2^32 in ten bytes each, where a `Set` takes more than twice as many: of links there are very many. Pure. */

/** Of the places that are taken at most. */
const FULL = 3 / 4
const LEAST = 16

export class Hashes {
  /** Open addressing; 0 is a free place, and stands for 1 in it. */
  #slots = new Uint32Array(LEAST)
  #size = 0

  add (hash: number): void {
    if (this.#size >= this.#slots.length * FULL) this.#grow()
    const place = this.#placeOf(hash)
    if (this.#slots[place] === 0) this.#size++
    this.#slots[place] = Math.max(1, hash)
  }

  has (hash: number): boolean {
    return this.#slots[this.#placeOf(hash)] !== 0
  }

  /** Where it is, or would be. */
  #placeOf (hash: number): number {
    const slots = this.#slots
    const wanted = Math.max(1, hash)
    let place = wanted & slots.length - 1
    while (slots[place] !== 0 && slots[place] !== wanted) place = place + 1 & slots.length - 1
    return place
  }

  #grow (): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (const hash of old) if (hash !== 0) this.#slots[this.#placeOf(hash)] = hash
  }
}
