/** Holds back what may not leave before something is durable; keeps the order. */
export class Gate {
  #saved = 0
  #waiting: Array<{ readonly after: number, readonly job: () => void }> = []
  #ended = false

  /** Runs the job when save `after`, and all that was to pass before, is durable. */
  pass (after: number, job: () => void): void {
    if (this.#waiting.length === 0 && after <= this.#saved) job()
    else if (!this.#ended) this.#waiting.push({ after, job })
  }

  /** Runs the job when all that was to pass so far has passed. */
  settled (job: () => void): void {
    this.pass(0, job)
  }

  saved (id: number): void {
    this.#saved = Math.max(this.#saved, id)
    const end = this.#waiting.findIndex(({ after }) => after > this.#saved)
    for (const { job } of this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)) job()
  }

  /** Nothing becomes durable any more: what waits for that never leaves, and holds up no other. */
  end (): void {
    this.#ended = true
    for (const { after, job } of this.#waiting.splice(0)) if (after <= this.#saved) job()
  }
}
