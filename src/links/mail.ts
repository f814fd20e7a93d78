/** What a leader tells nodes about their links: all that comes up for one of them in a tick leaves together. */
import { nextTick } from '../util/next-tick.ts'
import { MAX_LINK_BATCH } from '../wire/limits.ts'
import type { Told } from './messages.core.ts'

/** What a node is to be told in this tick. */
interface Letter {
  told: Told[]
  count: number | undefined
}

export class Mail {
  readonly #letters = new Map<string, Letter>()
  readonly #send: (node: string, told: readonly Told[], count: number | undefined) => void

  /** @param send - with no more at a time than a message holds */
  constructor (send: (node: string, told: readonly Told[], count: number | undefined) => void) {
    this.#send = send
  }

  /** `count`: how many links the node holds, when it is to be told. */
  add (node: string, told: readonly Told[], count: number | undefined): void {
    const letter = this.#letters.get(node)
    if (letter !== undefined) {
      letter.told.push(...told)
      letter.count = count ?? letter.count
      return
    }
    this.#letters.set(node, { told: [...told], count })
    nextTick(() => { this.#post(node) })
  }

  #post (node: string): void {
    const { told, count } = this.#letters.get(node) as Letter
    this.#letters.delete(node)
    for (let at = 0; at === 0 || at < told.length; at += MAX_LINK_BATCH) this.#send(node, told.slice(at, at + MAX_LINK_BATCH), count)
  }
}
