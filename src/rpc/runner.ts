/** One request from its checked arguments to its answer: validate, run the handler, validate again, answer. */
import { RpcError } from '../errors.ts'
import { untilAborted } from '../util/abortable.ts'
import { isThenable } from '../util/thenable.ts'
import { encodeBody } from '../wire/codecs.ts'
import { NOT_OWNER } from './answers.ts'
import { isTimed } from './counts.ts'
import { handlerOf } from './flow-handler.ts'
import { MAX_LAST_ERROR } from './numbers.ts'
import { thrown, unsendable } from './outcome.ts'
import { invalidInput, invalidOutput } from './validate.ts'
import type { Context } from './context.ts'
import type { Timers } from '../util/timers.ts'
import type { EncodedBody } from '../wire/codecs.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

type Validation = StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>

export class Runner {
  /** Calls that run and that somebody waits for. */
  running = 0
  readonly #timers: Timers
  readonly #maxBody: number
  readonly #onLoad: () => void
  readonly #holds: (context: Context) => boolean
  #idle: Array<() => void> = []

  /** `onLoad`: {@link running} has changed. `holds`: the link of the call's token is still that of this node. */
  constructor (timers: Timers, onLoad: () => void, maxBody: number, holds: (context: Context) => boolean) {
    this.#holds = holds
    this.#maxBody = maxBody
    this.#timers = timers
    this.#onLoad = onLoad
  }

  start (context: Context, args: unknown): void {
    const { input } = context.entry
    if (input === undefined) {
      this.#enter(context, args)
    } else {
      this.#validate(context, input, args)
    }
  }

  /** It is not to run yet, but can be cancelled. */
  hold (context: Context): void {
    this.#track(context)
  }

  /** False: nobody waits for it any more. */
  release (context: Context): boolean {
    const wanted = context.ended === undefined
    this.#untrack(context)
    return wanted
  }

  /** Nobody waits for the answer any more. Once: a call with a key that has ended may be asked for, and cancelled, again. */
  end (context: Context, error: RpcError): void {
    if (context.ended !== undefined) {
      return
    }
    const { entry } = context
    entry.errors++
    entry.lastError = error.message.slice(0, MAX_LAST_ERROR)
    this.#release(context)
    context.end(error)
    if (entry.gate?.has(context) === true) {
      // its turn will not come; any other is held by what it waits for
      this.#untrack(context)
    }
  }

  reject (context: Context, error: RpcError): void {
    const late = context.ended !== undefined
    this.#untrack(context)
    if (!late) {
      context.entry.errors++
      context.entry.lastError = error.message.slice(0, MAX_LAST_ERROR)
      context.finish()
      context.origin.refuse(context.id, error)
    } else {
      context.origin.late?.(undefined)
    }
  }

  /** Resolves when no call runs, or the signal aborts. */
  async idle (signal: AbortSignal | undefined): Promise<void> {
    if (this.running > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#idle.push(resolve)
      await untilAborted(promise, signal)
    }
  }

  #validate (context: Context, schema: StandardSchemaV1, args: unknown): void {
    let result: Validation
    try {
      result = schema['~standard'].validate(args)
    } catch (err) {
      this.#fail(context, err)
      return
    }
    if (result instanceof Promise) {
      this.#track(context)
      result.then(result => { this.#validated(context, result) }, err => { this.#fail(context, err) })
    } else {
      this.#validated(context, result)
    }
  }

  #validated (context: Context, result: StandardSchemaV1.Result<unknown>): void {
    if (result.issues !== undefined) {
      this.reject(context, invalidInput(result.issues))
    } else if (context.ended === undefined) {
      this.#enter(context, result.value)
    } else {
      this.#untrack(context)
      context.origin.unrun?.()
    }
  }

  /** Run it when its method has a place for it. */
  #enter (context: Context, args: unknown): void {
    const { gate } = context.entry
    if (gate === undefined) {
      this.#run(context, args)
      return
    }
    let waited = false
    try {
      waited = gate.enter(context, () => {
        // its token may have gone to another node meanwhile
        if (waited && !this.#holds(context)) this.reject(context, new RpcError(NOT_OWNER, 'the token was linked to another node while its call waited', { retryable: true }))
        else this.#run(context, args)
      })
    } catch (err) {
      this.reject(context, err as RpcError)
      return
    }
    // one that did not may be done already
    if (waited) {
      this.#track(context)
    }
  }

  /** Its handler, with what is around it. */
  #run (context: Context, args: unknown): void {
    const { entry } = context
    if (isTimed(entry.calls)) {
      context.began = this.#timers.now()
    }
    let result: unknown
    try {
      entry.ready ??= handlerOf(entry)
      result = entry.ready(args, context)
    } catch (err) {
      this.#fail(context, err)
      return
    }
    if (isThenable(result)) {
      this.#track(context)
      const promise = result instanceof Promise ? result : Promise.resolve(result)
      promise.then(value => { this.#done(context, value) }, err => { this.#fail(context, err) })
    } else {
      this.#done(context, result)
    }
  }

  #done (context: Context, value: unknown): void {
    const { output } = context.entry
    if (output === undefined || (context.ended !== undefined && context.origin.late === undefined)) {
      this.#answer(context, value)
      return
    }
    let result: Validation
    try {
      result = output['~standard'].validate(value)
    } catch (err) {
      this.#fail(context, err)
      return
    }
    if (result instanceof Promise) {
      this.#track(context)
      result.then(result => { this.#checked(context, result) }, err => { this.#fail(context, err) })
    } else {
      this.#checked(context, result)
    }
  }

  #checked (context: Context, result: StandardSchemaV1.Result<unknown>): void {
    if (result.issues !== undefined) {
      this.reject(context, invalidOutput(result.issues))
    } else {
      this.#answer(context, result.value)
    }
  }

  #answer (context: Context, value: unknown): void {
    let encoded: EncodedBody
    try {
      encoded = encodeBody(value, this.#maxBody)
    } catch (err) {
      this.reject(context, unsendable('it ran, but its result', 'INTERNAL', err))
      return
    }
    const late = context.ended !== undefined
    this.#untrack(context)
    if (!late) {
      context.finish()
      context.origin.answer(context.id, encoded.codec, encoded.body)
    } else {
      context.origin.late?.(encoded)
    }
  }

  #fail (context: Context, err: unknown): void {
    this.reject(context, thrown(err))
  }

  /** The call outlives this tick: it counts, and has a deadline. */
  #track (context: Context): void {
    if (context.counted) {
      return
    }
    const { caller, running } = context.origin
    context.counted = true
    caller.count(context, 1)
    context.entry.running++
    running.set(context.id, context)
    if (context.remaining !== Infinity) {
      context.timer = this.#timers.after(context.remaining, () => { this.#expire(context) })
    }
    this.running++
    this.#onLoad()
  }

  #untrack (context: Context): void {
    const { entry, began } = context
    if (began !== undefined) {
      entry.times.add(this.#timers.now() - began)
    }
    entry.gate?.leave(context)
    if (!context.counted) {
      return
    }
    context.counted = false
    context.origin.caller.count(context, -1)
    context.entry.running--
    if (context.ended === undefined) {
      this.#release(context)
    }
  }

  /** Nobody waits for its answer any more, or it has one. */
  #release (context: Context): void {
    context.origin.running.delete(context.id)
    if (context.timer !== undefined) {
      this.#timers.cancel(context.timer)
    }
    this.running--
    this.#onLoad()
    if (this.running === 0 && this.#idle.length > 0) {
      const idle = this.#idle
      this.#idle = []
      idle.forEach(resolve => { resolve() })
    }
  }

  #expire (context: Context): void {
    const error = new RpcError('DEADLINE_EXCEEDED', `${context.method}: the handler was not done in time`)
    this.end(context, error)
    context.origin.refuse(context.id, error)
  }
}
