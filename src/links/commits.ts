/** Gathers the writes of a tick, and of the time that others take, into few writes of the register. */
import { RegisterError } from '../errors.ts'
import { nextTick } from '../util/next-tick.ts'
import { MAX_REGISTER_WRITES } from '../wire/limits.ts'
import type { Register, RegisterRank, RegisterWrite } from '../election/index.ts'

/** Writes of the register at a time: more would only be smaller. */
const MAX_UNDER_WAY = 4

/** Milliseconds that a write may take until no more are begun: a disk, or the voters that are left, do not keep up. */
const STALLED = 10_000

interface Waiting extends PromiseWithResolvers<RegisterRank> {
  readonly from: string
  readonly write: RegisterWrite
}

export class Commits {
  readonly #register: Pick<Register, 'write'>
  readonly #now: () => number
  /** By who asked: who asks for much waits for itself. The next one to have its turn is the first. */
  readonly #queues = new Map<string, Waiting[]>()
  /** When each batch was handed to the register; the oldest is the first. */
  readonly #underWay = new Map<readonly Waiting[], number>()
  #scheduled = false

  /** @param now - milliseconds, monotonic */
  constructor (register: Pick<Register, 'write'>, now = (): number => performance.now()) {
    this.#register = register
    this.#now = now
  }

  /** What is asked for now would wait behind what has waited for long. */
  get stalled (): boolean {
    const [since] = this.#underWay.values()
    return since !== undefined && this.#now() - since > STALLED
  }

  /**
   * Resolves to its rank when a majority of the voters holds it.
   *
   * @param from - who asks: all who do have their turns
   * @throws RegisterError - it was not written, or nobody knows
   */
  async add (write: RegisterWrite, from = ''): Promise<RegisterRank> {
    const waiting = { write, from, ...Promise.withResolvers<RegisterRank>() }
    const queue = this.#queues.get(from)
    if (queue === undefined) this.#queues.set(from, [waiting])
    else queue.push(waiting)
    if (!this.#scheduled) {
      this.#scheduled = true
      nextTick(() => {
        this.#scheduled = false
        this.#flush()
      })
    }
    return waiting.promise
  }

  /** As much of each as there is room for. */
  #next (): Waiting[] {
    const batch: Waiting[] = []
    const share = Math.max(1, Math.floor(MAX_REGISTER_WRITES / this.#queues.size))
    // one that has more comes again, at the end
    for (const [from, queue] of this.#queues) {
      batch.push(...queue.splice(0, Math.min(share, MAX_REGISTER_WRITES - batch.length)))
      this.#queues.delete(from)
      if (queue.length > 0) this.#queues.set(from, queue)
      if (batch.length === MAX_REGISTER_WRITES) break
    }
    return batch
  }

  #flush (): void {
    while (this.#queues.size > 0 && this.#underWay.size < MAX_UNDER_WAY) {
      const batch = this.#next()
      this.#underWay.set(batch, this.#now())
      this.#write(batch).finally(() => {
        this.#underWay.delete(batch)
        this.#flush()
      }).catch(() => {})
    }
  }

  /** Never rejects. */
  async #write (batch: readonly Waiting[]): Promise<void> {
    try {
      const ranks = await this.#register.write(batch.map(({ write }) => write))
      batch.forEach(({ resolve }, index) => { resolve(ranks[index] as RegisterRank) })
    } catch (err) {
      const failure = err instanceof Error ? err : new RegisterError('lost', false)
      const why = failure instanceof RegisterError ? failure.why : undefined
      if (why === 'condition' && batch.length > 1) return this.#halve(batch)
      // there is no room: what takes some is not held up by what takes more
      const most = why === 'full' ? Math.max(...batch.map(({ write }) => roomFor(write))) : 0
      const again = batch.filter(({ write }) => roomFor(write) < most)
      for (const waiting of again.toReversed()) this.#queues.set(waiting.from, [waiting, ...this.#queues.get(waiting.from) ?? []])
      for (const waiting of batch) if (!again.includes(waiting)) waiting.reject(failure)
    }
  }

  /** Nothing was written, because of one of them. */
  async #halve (batch: readonly Waiting[]): Promise<void> {
    const half = Math.ceil(batch.length / 2)
    await this.#write(batch.slice(0, half))
    await this.#write(batch.slice(half))
  }
}

/** How sure it is that a write adds an entry: 2 is certain. */
function roomFor ({ value, ifRank }: RegisterWrite): 0 | 1 | 2 {
  if (value === undefined) return 0
  return ifRank === undefined ? 1 : ifRank === null ? 2 : 0
}
