/** Interceptors for deadlines and for who may call. */
import { InvalidOptionsError, RpcError } from '../errors.ts'
import { checkNumber, refuse } from '../util/refuse.ts'
import { serverHooks } from './intercepted.ts'
import { clientHooks } from './passage.ts'
import type { Context } from './context.ts'
import type { ClientCall, ClientInterceptor, ServerCall, ServerInterceptor } from './interceptor.ts'
import type { OutCall } from './out-call.ts'

/**
 * A deadline for calls that name none: milliseconds, of unary calls only, as a stream may go on for long; or what a
 * function makes of any call (undefined: the room's own).
 *
 * @example
 *
 * ```ts
 * timeout(call => call.service === 'report' ? 30_000 : undefined)
 * ```
 *
 * @throws InvalidOptionsError - neither
 */
export function timeout (ms: number | ((call: ClientCall) => number | undefined)): ClientInterceptor {
  if (typeof ms !== 'function') checkNumber('timeout', ms ?? NaN)
  return clientHooks({
    before: call => {
      const limit = call.timed ? undefined : typeof ms !== 'number' ? ms(call) : call.kind === 'unary' ? ms : undefined
      if (limit !== undefined) {
        call.limit(limit)
      }
    }
  })
}

const AUTHORIZATION = 'authorization'

/**
 * Puts credentials into the header `authorization` of each call: a text, or what a function gives for the call. While they
 * stay the same, and a call has no headers of its own, a peer is sent them once per connection.
 */
export function credentials (give: string | ((call: ClientCall) => string | Promise<string>)): ClientInterceptor {
  refuse(typeof give !== 'string' && typeof give !== 'function', 'credentials: expected a text or a function')
  let alone: Readonly<Record<string, string>> = Object.freeze({ [AUTHORIZATION]: '' })
  const put = (call: OutCall, value: string): void => {
    if (typeof value !== 'string') {
      throw new InvalidOptionsError(`credentials must be a string, not ${typeof value}`)
    }
    const { headers } = call
    if (headers === undefined || headers === alone) {
      if (alone[AUTHORIZATION] !== value) {
        alone = Object.freeze({ [AUTHORIZATION]: value })
      }
      call.headers = alone
    } else {
      call.headers = { ...headers, [AUTHORIZATION]: value }
    }
  }
  return clientHooks({
    before: call => {
      const value = typeof give === 'string' ? give : give(call)
      return typeof value === 'string' ? put(call as OutCall, value) : Promise.resolve(value).then(value => { put(call as OutCall, value) })
    }
  })
}

/** What is decided about a caller: false is PERMISSION_DENIED; a throw of an `RpcError` chooses the code itself. */
export type Decision = boolean | Promise<boolean>

/**
 * Lets a call pass that `allow` says yes to. It is given the header `authorization`, undefined when the caller sent none;
 * `call.context.caller.id` is the caller's key, proved by the connection.
 *
 * It is asked where it stands among the interceptors: behind a limiter it makes no lookups that the limiter refuses. By then the
 * body has been received and read, within the limits of a caller, an `input` schema has checked it, and the call has one of the
 * places that `concurrency` gives, which it keeps while `allow` thinks.
 */
export function auth (allow: (credentials: string | undefined, call: ServerCall) => Decision): ServerInterceptor {
  refuse(typeof allow !== 'function', 'auth: expected a function')
  const check = (allowed: boolean, given: string | undefined, call: Context): void => {
    // only a plain yes is one
    if (allowed !== true) {
      const [code, what] = given === undefined ? ['UNAUTHENTICATED', 'no credentials were sent'] as const : ['PERMISSION_DENIED', 'the credentials do not allow this call'] as const
      throw new RpcError(code, what)
    }
    call.barred = false
  }
  return serverHooks({
    before: call => {
      const context = call.context as Context
      const given = context.headers[AUTHORIZATION]
      context.barred = true
      const decision = allow(given, call)
      return typeof decision === 'boolean' ? check(decision, given, context) : Promise.resolve(decision).then(allowed => { check(allowed, given, context) })
    }
  })
}
