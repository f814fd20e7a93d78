/** Interceptors for deadlines and for who may call. */
import { RpcError } from '../errors.ts'
import type { ClientCall, ClientInterceptor, ServerCall, ServerInterceptor } from './interceptor.ts'

/**
 * A deadline for calls that name none: milliseconds, or what a function makes of the call (undefined: the room's own).
 *
 * @example
 *
 * ```ts
 * timeout(call => call.service === 'report' ? 30_000 : undefined)
 * ```
 */
export function timeout (ms: number | ((call: ClientCall) => number | undefined)): ClientInterceptor {
  return next => call => {
    const limit = call.timed ? undefined : typeof ms === 'number' ? ms : ms(call)
    if (limit !== undefined) {
      call.limit(limit)
    }
    return next(call)
  }
}

const AUTHORIZATION = 'authorization'

/** Puts credentials into the header `authorization` of each call: a text, or what a function gives for the call. */
export function credentials (give: string | ((call: ClientCall) => string | Promise<string>)): ClientInterceptor {
  return next => {
    const send = (call: ClientCall, value: string): Promise<unknown> => {
      const { headers } = call.options
      call.options.headers = headers === undefined ? { [AUTHORIZATION]: value } : { ...headers, [AUTHORIZATION]: value }
      return next(call)
    }
    return call => {
      const value = typeof give === 'string' ? give : give(call)
      return typeof value === 'string' ? send(call, value) : value.then(async value => send(call, value))
    }
  }
}

/** What is decided about a caller: false is PERMISSION_DENIED; a throw of an `RpcError` chooses the code itself. */
export type Decision = boolean | Promise<boolean>

/**
 * Lets a call pass that `allow` says yes to. It is given the header `authorization`, undefined when the caller sent none;
 * `call.context.caller.id` is the caller's key, proved by the connection.
 */
export function auth (allow: (credentials: string | undefined, call: ServerCall) => Decision): ServerInterceptor {
  return next => {
    const decide = (call: ServerCall, allowed: boolean, given: string | undefined): Promise<unknown> => {
      if (!allowed) {
        const [code, what] = given === undefined ? ['UNAUTHENTICATED', 'no credentials were sent'] as const : ['PERMISSION_DENIED', 'the credentials do not allow this call'] as const
        return Promise.reject(new RpcError(code, `${call.method}: ${what}`))
      }
      return next(call)
    }
    return call => {
      const given = call.context.headers[AUTHORIZATION]
      const decision = allow(given, call)
      return typeof decision === 'boolean' ? decide(call, decision, given) : decision.then(async allowed => decide(call, allowed, given))
    }
  }
}
