/**
 * A hierarchical timer wheel: a timer is armed and disarmed in constant time, whatever its deadline and however many
 * there are. Level 0 has slots of one tick; a slot of each higher level spans a whole turn of the level below, and its
 * timers move down when the wheel reaches it. Pure: time is an argument.
 */

/** Milliseconds of one tick. */
export const TICK = 8
/** Slots of level 0, and of each level above it. The levels reach 2 s, 131 s, 2.3 h and 6 days; later timers wait at the rim. */
const INNER = 256
const OUTER = 64
const TOP = 3
/** Deadlines are cut off here (30 000 years), so that arithmetic on them stays exact. */
const FAR = 1e15

/** A timer and a node of its slot's ring in one: disarming needs no search, arming one allocation. */
export class WheelTimer {
  due: number
  tick = 0
  level = -1
  next: WheelTimer = this
  prev: WheelTimer = this
  readonly fn: () => void

  constructor (due: number, fn: () => void) {
    this.due = due < FAR ? due : FAR
    this.fn = fn
  }
}

/** Slots are rings that start and end at a timer which never fires. */
function ring (): WheelTimer {
  return new WheelTimer(0, () => {})
}

export class TimerWheel {
  /** Timers that are armed. */
  size = 0
  #current = 0
  readonly #inner: WheelTimer[] = Array.from({ length: INNER }, ring)
  /** Levels 1 and up, one after the other. */
  readonly #outer: WheelTimer[] = Array.from({ length: OUTER * TOP }, ring)
  /** Timers of level 0: when there are none its slots are not scanned. */
  #near = 0

  /** Arm a timer: it expires at the first tick that is not before its deadline and lies in the future. */
  add (timer: WheelTimer, now: number): void {
    const present = Math.floor(now / TICK)
    if (this.size === 0) {
      this.#current = present
    }
    // never the tick that is being expired: a callback that arms itself with 0 ms would never let go of the thread
    timer.tick = Math.max(Math.ceil(timer.due / TICK), present + 1, this.#current + 1)
    this.size++
    this.#place(timer)
  }

  /** Disarm a timer. Returns false when it was not armed. */
  remove (timer: WheelTimer): boolean {
    if (timer.level < 0) {
      return false
    }
    if (timer.level === 0) {
      this.#near--
    }
    timer.prev.next = timer.next
    timer.next.prev = timer.prev
    timer.next = timer.prev = timer
    timer.level = -1
    this.size--
    return true
  }

  /** Disarms and returns the next timer that is due, in order of ticks. */
  expire (now: number): WheelTimer | undefined {
    const target = Math.floor(now / TICK)
    while (this.size > 0) {
      const slot = this.#innerSlot(this.#current)
      if (slot.next !== slot) {
        const timer = slot.next
        this.remove(timer)
        return timer
      }
      if (this.#current >= target) {
        break
      }
      this.#current = Math.min(this.#seek(), target)
      if (this.#current % INNER === 0) {
        this.#turn(1)
      }
    }
    return undefined
  }

  /** When {@link expire} has to be asked next: a deadline, or a turn of level 0. Infinity when nothing is armed. */
  next (): number {
    if (this.size === 0) {
      return Infinity
    }
    const slot = this.#innerSlot(this.#current)
    return (slot.next === slot ? this.#seek() : this.#current) * TICK
  }

  /** The next tick with a timer in level 0, at most the one where level 0 has to be filled from above. */
  #seek (): number {
    const turn = (Math.floor(this.#current / INNER) + 1) * INNER
    if (this.#near > 0) {
      for (let tick = this.#current + 1; tick < turn; tick++) {
        const slot = this.#innerSlot(tick)
        if (slot.next !== slot) {
          return tick
        }
      }
    }
    return turn
  }

  /** The wheel entered a new slot of `level`: its timers move down. */
  #turn (level: number): void {
    const index = Math.floor(this.#current / (INNER * OUTER ** (level - 1))) % OUTER
    if (index === 0 && level < TOP) {
      this.#turn(level + 1)
    }
    const slot = this.#outerSlot(level, index)
    const last = slot.prev
    if (last === slot) {
      return
    }
    // a timer at the rim may come back to this very slot: stop at the one that is the last one now
    let timer = slot.next
    for (;;) {
      const next = timer.next
      timer.prev.next = next
      next.prev = timer.prev
      this.#place(timer)
      if (timer === last) {
        return
      }
      timer = next
    }
  }

  #place (timer: WheelTimer): void {
    const delta = timer.tick - this.#current
    if (delta < INNER) {
      this.#near++
      append(this.#innerSlot(timer.tick), timer, 0)
      return
    }
    let level = 1
    let span = INNER
    while (delta >= span * OUTER && level < TOP) {
      level++
      span *= OUTER
    }
    const tick = delta >= span * OUTER ? this.#current + span * (OUTER - 1) : timer.tick
    append(this.#outerSlot(level, Math.floor(tick / span) % OUTER), timer, level)
  }

  #innerSlot (tick: number): WheelTimer {
    return this.#inner[tick % INNER] as WheelTimer
  }

  #outerSlot (level: number, index: number): WheelTimer {
    return this.#outer[(level - 1) * OUTER + index] as WheelTimer
  }
}

function append (slot: WheelTimer, timer: WheelTimer, level: number): void {
  timer.level = level
  timer.prev = slot.prev
  timer.next = slot
  slot.prev.next = timer
  slot.prev = timer
}
