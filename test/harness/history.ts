/**
 * What clients did and saw, with the times of call and return, for the checkers in `linearizability.ts` and `queue.ts`.
 * An operation that failed for certain had no effect; one whose outcome is unknown (timeout, lost connection) may have
 * had its effect at any time after its call, or never: recording it as failed would hide real violations.
 */

/** One operation. `returned` is Infinity while, and if, its outcome is unknown. */
export interface Operation<I = unknown, O = unknown> {
  readonly client: string
  /** Operations on different keys do not influence each other. */
  readonly key: string
  readonly input: I
  readonly output: O | undefined
  readonly called: number
  readonly returned: number
}

export type Outcome = 'ok' | 'failed' | 'unknown'

/** Ends the operation it was returned for; the first outcome counts. */
export interface Pending<O> {
  ok (output: O): void
  /** It certainly had no effect. */
  failed (): void
  /** It may have had its effect, now or later. The state of every operation that is never ended. */
  unknown (): void
}

interface Recorded<I, O> {
  client: string
  key: string
  input: I
  output: O | undefined
  called: number
  returned: number
  outcome: Outcome
}

export class History<I = unknown, O = unknown> {
  readonly #recorded: Array<Recorded<I, O>> = []
  readonly #now: () => number
  #last = 0

  /** @param now - a clock shared by all clients; times that are equal are taken as concurrent only in call order */
  constructor (now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Time that never repeats: two events in one clock tick keep the order in which they were recorded. */
  #stamp (): number {
    this.#last = Math.max(this.#now(), this.#last + 1e-6)
    return this.#last
  }

  begin (client: string, key: string, input: I): Pending<O> {
    const entry: Recorded<I, O> = { client, key, input, output: undefined, called: this.#stamp(), returned: Infinity, outcome: 'unknown' }
    this.#recorded.push(entry)
    let ended = false
    const end = (outcome: Outcome, output?: O): void => {
      if (ended) return
      ended = true
      entry.outcome = outcome
      entry.output = output
      if (outcome === 'ok') entry.returned = this.#stamp()
    }
    return { ok: output => { end('ok', output) }, failed: () => { end('failed') }, unknown: () => { end('unknown') } }
  }

  /**
   * Record one operation around a call. `certain` tells from the error whether the operation certainly had no effect.
   * The error is rethrown.
   */
  async run (client: string, key: string, input: I, call: () => Promise<O>, certain: (error: unknown) => boolean = () => false): Promise<O> {
    const pending = this.begin(client, key, input)
    try {
      const output = await call()
      pending.ok(output)
      return output
    } catch (error) {
      if (certain(error)) pending.failed()
      throw error
    }
  }

  /** Everything that may have had an effect. */
  operations (): Array<Operation<I, O>> {
    return this.#recorded.filter(entry => entry.outcome !== 'failed').map(({ outcome, ...operation }) => operation)
  }

  /** How many operations ended in which way: a test whose every operation failed proves nothing. */
  counts (): Record<Outcome, number> {
    const counts = { ok: 0, failed: 0, unknown: 0 }
    for (const { outcome } of this.#recorded) counts[outcome]++
    return counts
  }
}
