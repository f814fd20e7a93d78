/** What the assigners of a consumer's logs may send it, and what of that it gives back. Pure. */
import { MAX_RANGES } from './numbers.core.ts'
import { rangesOf } from './ranges.core.ts'
import { grants } from './share.core.ts'
import { isBehind, Queue } from './source.core.ts'
import type { Runner } from './runner.core.ts'
import type { Source } from './source.core.ts'
import type { ToAssigner } from './types.core.ts'

/** What it needs of its consumer. */
export interface CreditsHost {
  readonly now: number
  /** For all logs. */
  readonly prefetch: number
  readonly sources: Iterable<Source>
  /** To who assigns the log. */
  send (source: Source, message: Extract<ToAssigner, { type: 'credit' }>): void
}

export class Credits {
  /** When to look again how the prefetch is shared. */
  again = Infinity
  readonly #host: CreditsHost
  readonly #runner: Runner
  readonly #channel: string

  constructor (host: CreditsHost, runner: Runner, channel: string) {
    this.#host = host
    this.#runner = runner
    this.#channel = channel
  }

  /** Tells the assigners how much of the prefetch is theirs. `quiet`: it is told with the next `open`. */
  share (all: boolean, quiet?: Source): void {
    const { sources, prefetch, now } = this.#host
    this.again = Infinity
    if (this.#runner.paused) return
    const { credits, again } = grants([...sources], prefetch, now)
    this.again = again
    for (const [source, credit] of credits) {
      if (credit === source.credit && !all) continue
      source.credit = credit
      if (source !== quiet && !this.#runner.leaving) this.tell(source, [])
    }
  }

  /** Nobody takes messages: others may have what was not begun. */
  pause (paused: boolean): void {
    if (this.#runner.paused === paused) return
    this.#runner.paused = paused
    if (paused) this.giveBack(true)
    else this.share(true)
  }

  /** @param all - it is said also to those of whom nothing is held */
  giveBack (all: boolean): void {
    for (const source of this.#host.sources) {
      source.credit = 0
      const unstarted = this.unstarted(source)
      if (all || unstarted.length > 0) this.tell(source, unstarted)
    }
  }

  /**
   * What was not begun is others', when who assigns has heard of it: until then later ones of its key may come, which wait for
   * it. Says all of it but what fits into one more frame, which it returns.
   */
  unstarted (source: Source): number[] {
    const { items, lines, refused } = source
    const { leaving } = this.#runner
    const taken = [...items.values()].filter(({ state }) => state === 'queued' || state === 'chained' || (state === 'failed' && leaving))
    taken.sort((a, b) => a.message.seq - b.message.seq)
    for (const item of taken) {
      const { attempt, state, message: { seq, key } } = item
      // told anew, by its attempt, to who may not have heard; who leaves opens no more
      if (!leaving) refused.set(seq, { attempt, nak: { seq, attempt, delay: 0, reason: '', unstarted: true } })
      if (key === undefined || leaving) {
        this.#runner.release(item)
        continue
      }
      const line = lines.get(key)
      if (line === undefined) lines.set(key, { head: item, behind: new Queue() })
      else if (state === 'queued' && line.head !== item) isBehind(line, item)
      item.state = 'failed'
    }
    const unstarted = rangesOf(taken.map(({ message: { seq } }) => seq))
    while (unstarted.length > 2 * MAX_RANGES) this.tell(source, unstarted.splice(0, 2 * MAX_RANGES))
    return unstarted
  }

  tell (source: Source, unstarted: number[]): void {
    const { log, credit } = source
    this.#host.send(source, { type: 'credit', log, channel: this.#channel, prefetch: credit, concurrency: this.#runner.concurrency, unstarted })
  }
}
