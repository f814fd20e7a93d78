import { RecordRefusedError } from '../errors.ts'
import type { Refusal } from './record.core.ts'

/** Counts what happened, by name. */
export class Counted {
  readonly #counts: Record<string, number> = {}

  add (name: string, count = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + count
  }

  /** Counts a refusal and returns the error that tells of it. */
  refuse (why: Refusal): RecordRefusedError {
    this.add(`records_refused_${why}`)
    return new RecordRefusedError(why)
  }

  all (): Readonly<Record<string, number>> {
    return { ...this.#counts }
  }
}
