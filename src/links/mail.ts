/** What a leader tells nodes about their links: all that comes up for one of them in a tick leaves together. */
import { nextTick } from '../util/next-tick.ts'
import { inBatches } from './messages.core.ts'
import type { Told } from './messages.core.ts'

/** What a node is to be told in this tick. */
interface Letter {
  told: Told[]
  count: number | undefined
}

export class Mail {
  readonly #letters = new Map<string, Letter>()
  readonly #send: (node: string, told: readonly Told[], count: number | undefined) => void
  readonly #most: number

  /**
   * @param send - with no more at a time than a message holds
   * @param most - that it holds
   */
  constructor (send: (node: string, told: readonly Told[], count: number | undefined) => void, most: number) {
    this.#send = send
    this.#most = most
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
    for (const some of told.length === 0 ? [[]] : inBatches(told, this.#most)) this.#send(node, some, count)
  }
}
