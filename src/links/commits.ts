/** Gathers the writes of a tick, and of the time that others take, into few writes of the register. */
import { RegisterError } from '../errors.ts'
import { nextTick } from '../util/next-tick.ts'
import { MAX_REGISTER_WRITES } from '../wire/limits.ts'
import type { Register, RegisterRank, RegisterWrite } from '../election/index.ts'

/** Writes of the register at a time: more would only be smaller. */
const MAX_UNDER_WAY = 4

interface Waiting extends PromiseWithResolvers<RegisterRank> {
  readonly write: RegisterWrite
}

export class Commits {
  readonly #register: Pick<Register, 'write'>
  #queue: Waiting[] = []
  #underWay = 0
  #scheduled = false

  constructor (register: Pick<Register, 'write'>) {
    this.#register = register
  }

  /**
   * Resolves to its rank when a majority of the voters holds it.
   *
   * @throws RegisterError - it was not written, or nobody knows
   */
  async add (write: RegisterWrite): Promise<RegisterRank> {
    const waiting = { write, ...Promise.withResolvers<RegisterRank>() }
    this.#queue.push(waiting)
    if (!this.#scheduled) {
      this.#scheduled = true
      nextTick(() => {
        this.#scheduled = false
        this.#flush()
      })
    }
    return waiting.promise
  }

  #flush (): void {
    while (this.#queue.length > 0 && this.#underWay < MAX_UNDER_WAY) {
      const batch = this.#queue.slice(0, MAX_REGISTER_WRITES)
      this.#queue = this.#queue.slice(batch.length)
      this.#underWay++
      this.#register.write(batch.map(({ write }) => write)).then(ranks => {
        batch.forEach(({ resolve }, index) => { resolve(ranks[index] as RegisterRank) })
      }, (err: unknown) => {
        const failure = err instanceof Error ? err : new RegisterError('lost', false)
        const removals = batch.filter(({ write }) => write.value === undefined)
        // there is no room: what makes some is not held up by what needs it
        const again = failure instanceof RegisterError && failure.why === 'full' && removals.length < batch.length ? removals : []
        this.#queue = [...again, ...this.#queue]
        for (const waiting of batch) if (!again.includes(waiting)) waiting.reject(failure)
      }).finally(() => {
        this.#underWay--
        this.#flush()
      })
    }
  }
}
