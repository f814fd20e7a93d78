/** Who decides about a call by its head alone is asked before its body is read: that is work, of which strangers are to cause none. */
import type { Context } from './context.ts'
import type { ServerInterceptor } from './interceptor.ts'
import type { Runner } from './runner.ts'
import type { RequestFrame } from '../wire/rpc-frames.ts'

/** What a call runs into: it goes on with its body, or its interceptors refuse it without. */
type Read = (context: Context, request: RequestFrame) => void

/** What one of them has decided. A call keeps those of all. */
export interface Verdict {
  readonly by: Vetting
  readonly refusal: { readonly error: unknown } | undefined
  readonly before: Verdict | undefined
}

/** An interceptor that has one. It stands in its place all the same, where it refuses, and for those who use it by hand. */
export interface VettingInterceptor extends ServerInterceptor {
  readonly vetting?: Vetting
}

export class Vetting {
  readonly #decide: (context: Context) => Promise<void> | undefined

  /** `decide` throws why a call may not run. */
  constructor (decide: (context: Context) => Promise<void> | undefined) {
    this.#decide = decide
  }

  /** In the interceptor's place. @throws what it decides, or has decided */
  enforce (context: Context): Promise<void> | undefined {
    let { verdict } = context
    while (verdict !== undefined && verdict.by !== this) verdict = verdict.before
    if (verdict === undefined) return this.#decide(context)
    if (verdict.refusal !== undefined) throw verdict.refusal.error
    return undefined
  }

  /** Ask all, each before the next, until one refuses; the first of them is this one. */
  begin (all: readonly Vetting[], context: Context, request: RequestFrame, runner: Runner, read: Read): void {
    const go = (request: RequestFrame): void => { context.verdict?.refusal === undefined ? read(context, request) : runner.run(context, undefined) }
    const held = ask(all, context, 0)
    if (held === undefined) {
      go(request)
      return
    }
    // its bytes are those of the stream
    const own = { ...request, body: request.body?.slice() }
    runner.hold(context)
    void held.then(() => {
      if (context.ended === undefined) {
        go(own)
      } else {
        runner.release(context)
        context.origin.unrun?.()
      }
    })
  }

  /** Never throws, nor rejects. */
  ask (context: Context): Promise<void> | undefined {
    const note = (refusal?: Verdict['refusal']): void => { context.verdict = { by: this, refusal, before: context.verdict } }
    try {
      const held = this.#decide(context)
      if (held !== undefined) return held.then(() => { note() }, (error: unknown) => { note({ error }) })
      note()
    } catch (error) {
      note({ error })
    }
    return undefined
  }
}

function ask (all: readonly Vetting[], context: Context, i: number): Promise<void> | undefined {
  const vetting = all[i]
  if (vetting === undefined || context.verdict?.refusal !== undefined) return undefined
  const held = vetting.ask(context)
  return held === undefined ? ask(all, context, i + 1) : held.then(() => ask(all, context, i + 1))
}
