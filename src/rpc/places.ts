import type { Halves, Hooks, Run } from './hooks.ts'

type Before<C> = NonNullable<Hooks<C>['before']>
type After<C> = NonNullable<Hooks<C>['after']>

function nothing (): void {}

/**
 * Hooks at places of their own in the code. A loop over them is one place that calls many functions, which an engine does
 * by the slowest way it has; a place that meets one function has it put in. With the six that ship on the calling side it
 * is a fifth of what they cost. Hooks beyond these places are left to the loop.
 */
export class Places<C> {
  readonly #hooks: ReadonlyArray<Halves<C>>
  readonly #in0: Before<C> | undefined
  readonly #in1: Before<C> | undefined
  readonly #in2: Before<C> | undefined
  readonly #in3: Before<C> | undefined
  readonly #in4: Before<C> | undefined
  readonly #in5: Before<C> | undefined
  readonly #in6: Before<C> | undefined
  readonly #in7: Before<C> | undefined
  readonly #out0: After<C>
  readonly #out1: After<C>
  readonly #out2: After<C>
  readonly #out3: After<C>
  readonly #out4: After<C>
  readonly #out5: After<C>
  readonly #out6: After<C>
  readonly #out7: After<C>

  constructor (hooks: ReadonlyArray<Halves<C>>) {
    const [h0, h1, h2, h3, h4, h5, h6, h7] = hooks
    this.#hooks = hooks
    this.#in0 = before(h0)
    this.#in1 = before(h1)
    this.#in2 = before(h2)
    this.#in3 = before(h3)
    this.#in4 = before(h4)
    this.#in5 = before(h5)
    this.#in6 = before(h6)
    this.#in7 = before(h7)
    this.#out0 = h0?.after ?? nothing
    this.#out1 = h1?.after ?? nothing
    this.#out2 = h2?.after ?? nothing
    this.#out3 = h3?.after ?? nothing
    this.#out4 = h4?.after ?? nothing
    this.#out5 = h5?.after ?? nothing
    this.#out6 = h6?.after ?? nothing
    this.#out7 = h7?.after ?? nothing
  }

  /** {@link Run.advance} */
  advance (run: Run<C>, call: C, now: number): Promise<void> | undefined {
    const from = run.reached
    let held: Promise<void> | undefined
    if (from === 0) {
      run.began = now
    }
    if (from <= 0 && this.#in0 !== undefined && (held = run.passed(this.#in0(call, now))) !== undefined) return held
    if (from <= 1 && this.#in1 !== undefined && (held = run.passed(this.#in1(call, now))) !== undefined) return held
    if (from <= 2 && this.#in2 !== undefined && (held = run.passed(this.#in2(call, now))) !== undefined) return held
    if (from <= 3 && this.#in3 !== undefined && (held = run.passed(this.#in3(call, now))) !== undefined) return held
    if (from <= 4 && this.#in4 !== undefined && (held = run.passed(this.#in4(call, now))) !== undefined) return held
    if (from <= 5 && this.#in5 !== undefined && (held = run.passed(this.#in5(call, now))) !== undefined) return held
    if (from <= 6 && this.#in6 !== undefined && (held = run.passed(this.#in6(call, now))) !== undefined) return held
    if (from <= 7 && this.#in7 !== undefined && (held = run.passed(this.#in7(call, now))) !== undefined) return held
    return run.advance(this.#hooks, call, now)
  }

  /** {@link Run.retreat} of a call that went well; it may fail yet. */
  retreat (run: Run<C>, call: C, now: number): void {
    run.now = now
    try {
      if (run.reached <= PLACES) {
        this.#retreat(run, call)
      }
    } catch (err) {
      run.failed = true
      run.outcome = err
    }
    if (run.reached > 0) {
      run.retreat(this.#hooks, call, now)
    }
  }

  #retreat (run: Run<C>, call: C): void {
    if (run.leaves(7)) this.#out7(call, run.state(7), run)
    if (run.leaves(6)) this.#out6(call, run.state(6), run)
    if (run.leaves(5)) this.#out5(call, run.state(5), run)
    if (run.leaves(4)) this.#out4(call, run.state(4), run)
    if (run.leaves(3)) this.#out3(call, run.state(3), run)
    if (run.leaves(2)) this.#out2(call, run.state(2), run)
    if (run.leaves(1)) this.#out1(call, run.state(1), run)
    if (run.leaves(0)) this.#out0(call, run.state(0), run)
  }
}

const PLACES = 8

/** Undefined: no hook has this place. */
function before<C> (hook: Halves<C> | undefined): Before<C> | undefined {
  return hook === undefined ? undefined : hook.before ?? nothing
}
