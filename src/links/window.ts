/** Work for each of some leaders, so much of it at a time; the rest follows in its order. */
interface Lane {
  readonly jobs: Array<() => Promise<void>>
  /** Of those, how many have begun. */
  begun: number
  underWay: number
}

export class Window {
  readonly #size: number
  readonly #lanes = new Map<string, Lane>()

  constructor (size: number) {
    this.#size = size
  }

  /** @param job - never rejects */
  add (name: string, job: () => Promise<void>): void {
    const lane = this.#lanes.get(name) ?? { jobs: [], begun: 0, underWay: 0 }
    this.#lanes.set(name, lane)
    lane.jobs.push(job)
    this.#run(name, lane)
  }

  #run (name: string, lane: Lane): void {
    const { jobs } = lane
    while (lane.underWay < this.#size && lane.begun < jobs.length) {
      lane.underWay++
      void jobs[lane.begun++]?.().then(() => {
        lane.underWay--
        this.#run(name, lane)
      })
    }
    // one at a time from the front would move all that wait
    if (lane.begun * 2 >= jobs.length) {
      jobs.splice(0, lane.begun)
      lane.begun = 0
    }
    if (lane.underWay === 0) this.#lanes.delete(name)
  }
}
