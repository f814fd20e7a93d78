/**
 * Questions about links that are being asked back from a node that may be slow to let them go: they hold up no others that
 * came with them. Who is told to ask later asks them by themselves, and then waits for the answer. A change that is put off
 * was begun.
 */
import { within } from '../util/deadline.ts'
import { isFirst } from './decide.core.ts'
import { linkKey } from './keys.core.ts'
import type { Answer } from './messages.core.ts'
import type { Question } from './decide.core.ts'

/** Milliseconds that others wait for them all the same: most nodes let a token go at once. */
const GRACE = 20
const LATER: Answer = Object.freeze({ failure: 'later' })

export class Slow {
  readonly #keys = new Set<string>()

  /** Until then the link of this key is being asked back. */
  async during (key: string, released: Promise<void>): Promise<void> {
    this.#keys.add(key)
    await released.finally(() => { this.#keys.delete(key) })
  }

  /** Asked again, it has the answer that it would have had: other changes would not find what they are about any more. */
  #has (question: Question): boolean {
    return (question.kind === 'resolve' || isFirst(question)) && this.#keys.size > 0 && this.#keys.has(linkKey(question.parent, question.token))
  }

  #hold (questions: readonly Question[]): boolean {
    return this.#keys.size > 0 && questions.some(question => this.#has(question)) && !questions.every(question => this.#has(question))
  }

  async gather (questions: readonly Question[], ask: (question: Question) => Answer | Promise<Answer>): Promise<Answer[]> {
    const later = Promise.resolve(LATER)
    // who wants to know of what is slow already does not wait for a turn, however often he asks
    const holds = this.#hold(questions)
    const answers = questions.map(async question => holds && question.kind === 'resolve' && this.#has(question) ? later : ask(question))
    const all = Promise.all(answers)
    if (!this.#hold(questions)) return all
    await within(GRACE, all)
    return Promise.all(answers.map(async (answer, index) => this.#has(questions[index] as Question) ? Promise.race([answer, later]) : answer))
  }
}
