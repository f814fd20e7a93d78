import { StreamTimeoutError } from '../errors.ts'
import { RECOVERY, STALL } from './numbers.ts'
import type { FrameLimits } from './index.ts'
import type { PeerActivity } from './activity.ts'
import type { TimerHandle, Timers } from '../util/timers.ts'

/** What the watchdog asks of the stream it watches. */
export interface Watched {
  readonly direction: 'inbound' | 'outbound'
  readonly paused: boolean
  /** Frames received, without the empty ones. */
  readonly frames: number
  /** All frames received: tells one frame under way from the next. */
  readonly framesEnded: number
  /** Bytes of the frame under way. */
  readonly partial: number
  readonly queued: number
  /** Bytes that have left the queue. */
  readonly passed: number
  onIdle (): void
  abort (reason: Error): void
}

/**
 * All deadlines of one stream behind one timer. Nothing is armed per frame: events leave a time, and the one check
 * finds out which deadline has passed, then sleeps until the nearest of the others.
 */
export class Watchdog {
  readonly #stream: Watched
  readonly #limits: Required<FrameLimits>
  readonly #timers: Timers
  readonly #run = (): void => { this.#check() }
  readonly #silence: number
  readonly #activity: PeerActivity | undefined
  #handle: TimerHandle | undefined
  #due = Infinity
  #stopped = false
  #awaitsFirst: boolean
  #frames = 0
  /** When the stream was opened or taken up again, a frame came or went, the frame under way began. */
  #started: number
  #active: number
  #frameBegan = 0
  #frame = -1
  /** Since when the queue does not move; undefined while it is empty. */
  #stuckSince: number | undefined
  #passed = 0

  constructor (stream: Watched, limits: Required<FrameLimits>, timers: Timers, awaitsFirst: boolean, activity?: PeerActivity) {
    this.#activity = activity
    this.#stream = stream
    this.#limits = limits
    this.#timers = timers
    this.#awaitsFirst = awaitsFirst
    // the opener closes, in order; only an opener that does not is cut
    this.#silence = limits.idleTimeout * (stream.direction === 'outbound' ? 1 : 2)
    this.#started = this.#active = timers.now()
    this.#sleep(this.#started)
  }

  /** Bytes were received. */
  received (): void {
    const stream = this.#stream
    const now = this.#timers.now()
    if (this.#activity !== undefined) {
      this.#activity.at = now
      this.#activity.heard = true
    }
    if (stream.framesEnded > 0) {
      this.#awaitsFirst = false
    }
    if (stream.frames !== this.#frames) {
      this.#frames = stream.frames
      this.#active = now
    }
    if (stream.partial > 0 && stream.framesEnded !== this.#frame) {
      this.#frame = stream.framesEnded
      this.#frameBegan = now
      this.#wakeBy(now + this.#limits.frameTimeout, now)
    }
  }

  /** Frames were sent, or could not be. */
  sent (): void {
    const now = this.#timers.now()
    if (this.#activity !== undefined) {
      this.#activity.sentAt = now
    }
    this.#active = now
    if (this.#stream.queued === 0) {
      this.#stuckSince = undefined
    } else if (this.#stuckSince === undefined) {
      this.#stuckSince = now
      this.#passed = this.#stream.passed
      this.#wakeBy(now + this.#limits.stuckTimeout, now)
    }
  }

  /** The stream is read again: the time it was paused is not the peer's. */
  resumed (): void {
    const now = this.#timers.now()
    this.#started = this.#active = this.#frameBegan = now
    this.#sleep(now)
  }

  stop (): void {
    this.#stopped = true
    this.#disarm()
  }

  #check (): void {
    const now = this.#timers.now()
    const late = now - this.#due
    this.#handle = undefined
    this.#due = Infinity
    if (late > STALL) {
      this.#forgive(late + RECOVERY, now)
    }
    const error = this.#overdue(now)
    if (error !== undefined) {
      this.#stream.abort(error)
      return
    }
    if (!this.#stream.paused && now >= this.#active + this.#silence) {
      this.#active = now
      this.#stream.onIdle()
    }
    this.#sleep(now)
  }

  #overdue (now: number): StreamTimeoutError | undefined {
    const { firstFrameTimeout, frameTimeout, stuckTimeout } = this.#limits
    if (!this.#stream.paused) {
      if (this.#awaitsFirst && now >= this.#firstDue()) {
        return new StreamTimeoutError(`no frame within ${firstFrameTimeout} ms of the opening`)
      }
      if (this.#stream.partial > 0 && now >= this.#frameDeadline()) {
        return new StreamTimeoutError(`${this.#stream.partial} bytes of a frame within ${frameTimeout} ms: too slow`)
      }
    }
    if (this.#stuckSince === undefined) {
      return undefined
    }
    if (this.#stream.queued === 0) {
      this.#stuckSince = undefined
    } else if (this.#stream.passed !== this.#passed) {
      this.#passed = this.#stream.passed
      this.#stuckSince = now
    } else if (now >= this.#stuckSince + stuckTimeout) {
      return new StreamTimeoutError(`${this.#stream.queued} bytes wait and none was taken within ${stuckTimeout} ms`)
    }
    return undefined
  }

  /** A first frame may wait behind what the peer sends on other streams. */
  #firstDue (): number {
    return Math.max(this.#started, this.#activity?.at ?? 0) + this.#limits.firstFrameTimeout
  }

  /** What has arrived buys time at the lowest allowed rate: a large frame on a slow line is no attack, a drip is. */
  #frameDeadline (): number {
    return this.#frameBegan + this.#limits.frameTimeout + 1_000 * this.#stream.partial / this.#limits.minFrameRate
  }

  /** The time of our own standstill counts for nobody. */
  #forgive (ms: number, now: number): void {
    this.#started = Math.min(this.#started + ms, now)
    this.#active = Math.min(this.#active + ms, now)
    this.#frameBegan = Math.min(this.#frameBegan + ms, now)
    if (this.#stuckSince !== undefined) {
      this.#stuckSince = Math.min(this.#stuckSince + ms, now)
    }
  }

  #sleep (now: number): void {
    const { stuckTimeout } = this.#limits
    let due = this.#stuckSince === undefined ? Infinity : this.#stuckSince + stuckTimeout
    if (!this.#stream.paused) {
      due = Math.min(due, this.#active + this.#silence)
      if (this.#awaitsFirst) {
        due = Math.min(due, this.#firstDue())
      }
      if (this.#stream.partial > 0) {
        due = Math.min(due, this.#frameDeadline())
      }
    }
    this.#wakeBy(due, now)
  }

  #wakeBy (due: number, now: number): void {
    if (due < this.#due && !this.#stopped) {
      this.#disarm()
      this.#due = due
      this.#handle = this.#timers.after(due - now, this.#run)
    }
  }

  #disarm (): void {
    if (this.#handle !== undefined) {
      this.#timers.cancel(this.#handle)
      this.#handle = undefined
    }
    this.#due = Infinity
  }
}
