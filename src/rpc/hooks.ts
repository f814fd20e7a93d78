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

/** A call between the two halves of some hooks. */
export class Run implements Over {
  failed = false
  outcome: unknown = undefined
  began = 0
  now = 0
  // most halves leave nothing to the other
  #keeper = -1
  #kept: unknown = undefined
  #others: unknown[] | undefined = undefined

  /** Keep what the `before` of the i-th hooks has returned. */
  keep (i: number, state: unknown): void {
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

  kept (i: number): unknown {
    return i === this.#keeper ? this.#kept : this.#others?.[i]
  }
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
