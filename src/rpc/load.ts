import { LOAD_INTERVAL } from './numbers.ts'
import type { Discovery } from '../discovery/index.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'

/** Tells discovery how many calls run here, when that has changed enough to matter. */
export class LoadReporter {
  readonly #discovery: Discovery
  readonly #timers: Timers
  readonly #load: () => { links: number, inflight: number }
  #timer: TimerHandle | undefined
  #stopped = false

  constructor (discovery: Discovery, timers: Timers, load: () => { links: number, inflight: number }) {
    this.#discovery = discovery
    this.#timers = timers
    this.#load = load
  }

  /** Something has changed; cheap enough for every call. */
  changed (): void {
    if (this.#timer === undefined && !this.#stopped) {
      this.#timer = this.#timers.after(LOAD_INTERVAL, () => { this.#report() })
    }
  }

  stop (): void {
    this.#stopped = true
    if (this.#timer !== undefined) {
      this.#timers.cancel(this.#timer)
    }
  }

  #report (): void {
    this.#timer = undefined
    const load = this.#load()
    const told = this.#discovery.self.load
    if (load.links !== told.links || differs(load.inflight, told.inflight)) {
      this.#tell(load)
    }
    // the next change comes with a call; the last one, to nothing, may have come already
    if (load.inflight > 0) {
      this.changed()
    }
  }

  /** No load is worth the process: a throw in a timer would end it. */
  #tell (load: { links: number, inflight: number }): void {
    try {
      this.#discovery.update({ load })
    } catch {
      // the record stays as it was, and the next report is another try
    }
  }
}

/** By a quarter, or between some and none. */
function differs (now: number, told: number): boolean {
  return (now === 0) !== (told === 0) || Math.abs(now - told) > told / 4
}
