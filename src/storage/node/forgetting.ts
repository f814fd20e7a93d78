import { GroupLogStore } from '../log.ts'
import type { LogBackend } from '../log.ts'

/** One that can forget. */
export interface ForgetfulBackend extends LogBackend {
  /**
   * Logs that are deleted, and whose entries are freed, are as if they had never been: durable when it resolves, each as a
   * whole or not at all. Does not overlap with its other methods.
   */
  forget (logs: readonly string[]): Promise<void>
}

/** A log store that keeps nothing of what is deleted for good: those of keepers, which have such without end. */
export class ForgettingLogStore extends GroupLogStore<ForgetfulBackend> {
  /** What cannot be forgotten now stays deleted. */
  protected override async forget (logs: readonly string[]): Promise<void> {
    const gone = logs.filter(log => this.state(log).deleted && this.pruned.get(log) === this.state(log).first)
    if (gone.length === 0) { return }
    const forgotten = this.notes.then(async () => { await this.backend.forget(gone) })
    this.notes = forgotten.catch(() => {})
    await forgotten.then(() => {
      for (const log of gone) {
        for (const known of [this.states, this.roster, this.pruned]) { known.delete(log) }
      }
    }, () => {
      // half of it may be done: what is written to them next is noted anew
      for (const log of gone) { this.roster.delete(log) }
    })
  }
}
