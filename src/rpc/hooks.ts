/**
 * Interceptors in two halves: what is done before a call goes on, and what when it is over. Neighbours that are made so
 * run one after the other, around one promise, where each `(next) => async call => …` costs one or two of its own. Those
 * that ship are; beside an application's own, each is an ordinary interceptor.
 */

/** What a half throws is what the call fails with. */
export interface Hooks<C> {
  /**
   * The call is about to go on; `now` is milliseconds. What this returns is given to {@link after}; a promise of it holds
   * the call up.
   */
  readonly before?: (call: C, now: number) => unknown
  /** The call is over. */
  readonly after?: (call: C, state: any, over: Over) => void
  /**
   * Instead of {@link after}, of a call that has failed on the calling side: make it again by `next`. What becomes of the
   * promise is the outcome then.
   */
  readonly recover?: (call: C, error: unknown, next: () => Promise<unknown>) => Promise<unknown> | undefined
}

/** How a call went. Valid during the call of {@link Hooks.after}. */
export interface Over {
  readonly failed: boolean
  /** The result, or the error. */
  readonly outcome: unknown
  /** Milliseconds. */
  readonly began: number
  readonly now: number
}

type Next<C> = (call: C) => Promise<unknown>
type Interceptor<C> = (next: Next<C>) => Next<C>

const known = new WeakMap<object, Halves<any>>()

/** Of one shape, whichever halves there are. */
export class Halves<C> {
  readonly before: Hooks<C>['before'] | undefined
  readonly after: Hooks<C>['after'] | undefined
  readonly recover: Hooks<C>['recover'] | undefined

  constructor ({ before, after, recover }: Hooks<C>) {
    this.before = before
    this.after = after
    this.recover = recover
  }
}

/** Runs hooks, the first outermost, around what comes next. */
export type Around<C, N> = (hooks: ReadonlyArray<Halves<C>>, next: N) => N

/** An interceptor made of hooks, which `around` runs when it stands alone. */
export function hooked<C> (hooks: Hooks<C>, around: Around<C, Next<C>>): Interceptor<C> {
  const halves = [new Halves(hooks)]
  const interceptor: Interceptor<C> = next => around(halves, next)
  known.set(interceptor, halves[0] as Halves<C>)
  return interceptor
}

/**
 * One function of all interceptors, the first outermost, around `last`. Hooks that are neighbours are run together;
 * `ordinary` puts any other interceptor around what is inside of it.
 */
export function compose<C, N> (interceptors: ReadonlyArray<Interceptor<C>>, last: N, around: Around<C, N>, ordinary: (interceptor: Interceptor<C>, next: N) => N): N {
  let hooks: Array<Halves<C>> = []
  const inner = interceptors.reduceRight((next, interceptor) => {
    const halves = known.get(interceptor)
    if (halves !== undefined) {
      hooks = [halves, ...hooks]
      return next
    }
    const within = hooks.length === 0 ? next : around(hooks, next)
    hooks = []
    return ordinary(interceptor, within)
  }, last)
  return hooks.length === 0 ? inner : around(hooks, inner)
}

/** A call on its way through some hooks. */
export class Run<C> implements Over {
  failed = false
  outcome: unknown = undefined
  began = 0
  now = 0
  /** Hooks whose first half has run, and whose other half has not. */
  reached = 0
  // most halves leave nothing to the other
  #keeper = -1
  #kept: unknown = undefined
  #others: unknown[] | undefined = undefined

  /** Run the first halves that are left. A promise: one of them holds the call up; go on when it is resolved. */
  advance (hooks: ReadonlyArray<Halves<C>>, call: C, now: number): Promise<void> | undefined {
    if (this.reached === 0) {
      this.began = now
    }
    for (let hook = hooks[this.reached]; hook !== undefined; hook = hooks[this.reached]) {
      const held = this.passed(hook.before?.(call, now))
      if (held !== undefined) {
        return held
      }
    }
    return undefined
  }

  /** The next hook's first half has run, and returned `state`. */
  passed (state: unknown): Promise<void> | undefined {
    if (state === undefined) {
      this.reached++
      return undefined
    }
    if (state instanceof Promise) {
      return state.then((state: unknown) => { this.#keep(state) })
    }
    this.#keep(state)
    return undefined
  }

  /** It is the turn of the second half of this hook, all those behind it are done. */
  leaves (hook: number): boolean {
    const turn = this.reached > hook
    if (turn) {
      this.reached = hook
    }
    return turn
  }

  /** What the first half of a hook has returned. */
  state (hook: number): unknown {
    return hook === this.#keeper ? this.#kept : this.#others?.[hook]
  }

  /** Run the other halves, the last one first; true: `recovers` has taken the call over before its hooks' turn. */
  retreat (hooks: ReadonlyArray<Halves<C>>, call: C, now: number, recovers?: (hook: Halves<C>) => boolean): boolean {
    this.now = now
    while (this.reached > 0) {
      const hook = hooks[--this.reached] as Halves<C>
      try {
        if (this.failed && hook.recover !== undefined && recovers?.(hook) === true) {
          return true
        }
        hook.after?.(call, this.state(this.reached), this)
      } catch (err) {
        this.failed = true
        this.outcome = err
      }
    }
    return false
  }

  #keep (state: unknown): void {
    const i = this.reached++
    if (state === undefined) {
      return
    }
    if (this.#keeper < 0) {
      this.#keeper = i
      this.#kept = state
    } else {
      this.#others ??= []
      this.#others[i] = state
    }
  }
}
