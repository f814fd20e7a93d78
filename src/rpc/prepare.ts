import { InvalidOptionsError, RpcError } from '../errors.ts'
import { encodeBody } from '../wire/codecs.ts'
import { MAX_IDEMPOTENCY_KEY, MAX_TIMEOUT } from '../wire/limits.ts'
import { checkName, isName } from '../wire/names.ts'
import { sizeMaps } from '../wire/rpc-write.ts'
import { TRACEPARENT } from '../wire/trace.ts'
import { Call } from './call.ts'
import { cancelled, messageOf, unsendable } from './outcome.ts'
import type { Outcomes } from './answers.ts'
import type { Parent } from './call.ts'
import type { ClientInit } from './client-init.ts'
import type { InvokeOptions, TokenId } from './index.ts'
import type { TokenIds } from './token-ids.ts'
import type { EncodedBody } from '../wire/codecs.ts'
import type { TextMap } from '../wire/rpc-frames.ts'
import type { Trace } from '../wire/trace.ts'

/** What a handler's context hands down to the calls that the handler makes. */
export interface CallParent extends Parent {
  readonly token: TokenId | undefined
  readonly tokenBytes: Uint8Array | undefined
  readonly remaining: number
  /** Metadata as it travels on: without the trace context. */
  readonly baggage: Readonly<Record<string, string>>
  readonly trace: Trace | undefined
}

/** Of options: arguments that several calls have in common. */
export const ENCODED = Symbol('encoded')

/** Of options: hears of what a call of sequences fails with, at once. */
export const FAILED = Symbol('failed')

/** Options of a call among several, or of one that is followed. */
export interface Sharing extends InvokeOptions {
  readonly [ENCODED]?: EncodedBody & { readonly args: unknown }
  [FAILED]?: Call['onFailed']
}

type Preparing = Pick<ClientInit, 'made' | 'tokens' | 'maxBody'>

/**
 * A checked call with its encoded arguments, which may take `budget` milliseconds.
 *
 * @throws InvalidNameError, InvalidOptionsError, RpcError - nothing was sent
 */
export function prepare (service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: CallParent | undefined, budget: number, { made, tokens, maxBody }: Preparing): Call {
  if (!made.knows(service, method)) {
    if (!isName('service', service)) {
      [service, method] = splitVersion(service, method)
      checkName('service', service)
    }
    checkName('method', method)
  }
  const encoded = (options as Sharing | undefined)?.[ENCODED]
  const { codec, body } = encoded !== undefined && encoded.args === args ? encoded : encodeArgs(args, service, method, maxBody)
  const call = new Call(service, method, codec, body, budget)
  if (options !== undefined) {
    applyOptions(call, options, tokens)
  }
  if (parent !== undefined) {
    inherit(call, parent)
  }
  if (call.signal?.aborted === true) {
    throw cancelled(call.what, call.signal.reason)
  }
  if (budget <= 0) {
    throw new RpcError('DEADLINE_EXCEEDED', `${call.what}: no time was left; nothing was sent`)
  }
  return call
}

/** `login@2` and `user.password` are `login` and `user.password@2`. */
export function splitVersion (service: string, method: string): [string, string] {
  // an untyped caller may name anything
  const at = typeof service === 'string' ? service.indexOf('@') : -1
  return at < 0 ? [service, method] : [service.slice(0, at), `${String(method)}${service.slice(at)}`]
}

/** Milliseconds that a call may take: what was asked for, within what remains to the handler that makes it. */
export function budgetOf (wanted: number | undefined, parent: CallParent | undefined, timeout: number): number {
  if (wanted !== undefined && (typeof wanted !== 'number' || Number.isNaN(wanted))) {
    throw new InvalidOptionsError(`timeout must be a number of milliseconds, not ${String(wanted)}`)
  }
  const left = parent?.remaining ?? Infinity
  const budget = Math.min(wanted ?? (left === Infinity ? timeout : left), left)
  return Math.min(budget, MAX_TIMEOUT)
}

function encodeArgs (args: unknown, service: string, method: string, maxBody: number): EncodedBody {
  try {
    return encodeBody(args, maxBody)
  } catch (err) {
    throw unsendable(`rpc ${service}/${method}: the arguments`, 'INVALID_ARGUMENT', err)
  }
}

function applyOptions (call: Call, options: InvokeOptions, tokens: TokenIds): void {
  if (options.token !== undefined) {
    const token = tokens.get(options.token)
    call.token = token.bytes
    call.tokenId = token.id
  }
  call.metadata = texts(options.metadata, 'metadata')
  call.headers = texts(options.headers, 'headers')
  const key: unknown = options.idempotencyKey
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > MAX_IDEMPOTENCY_KEY)) {
    throw new InvalidOptionsError(`idempotencyKey must be a string of 1 to ${MAX_IDEMPOTENCY_KEY} characters`)
  }
  call.idempotencyKey = options.idempotencyKey
  if (typeof (options.node ?? options.prefer ?? '') !== 'string') {
    throw new InvalidOptionsError('node and prefer must be ids')
  }
  call.only = options.node
  call.prefer = options.prefer
  if (options.avoid !== undefined && options.avoid.size > 0 && options.node === undefined) {
    call.avoid = options.avoid
  }
  call.balancer = options.balancer
  checkSignal(options.signal)
  call.signal = options.signal
  if (options.onNode !== undefined && typeof options.onNode !== 'function') {
    throw new InvalidOptionsError('onNode must be a function')
  }
  call.onNode = options.onNode
  call.onFailed = (options as Sharing)[FAILED]
}

/** What listens to it later has no caller to throw to. @throws InvalidOptionsError */
export function checkSignal (signal: AbortSignal | undefined): void {
  if (signal !== undefined && (typeof signal?.addEventListener !== 'function' || typeof signal.removeEventListener !== 'function')) {
    throw new InvalidOptionsError('signal must be an AbortSignal')
  }
}

function texts (map: TextMap | undefined, name: string): TextMap | undefined {
  for (const key in map) {
    if (typeof map[key] !== 'string' || key === '__proto__') {
      throw new InvalidOptionsError(`${name}.${key} must be a string`)
    }
  }
  return map
}

/**
 * For a call to this node: headers and metadata are what they would be elsewhere, within their limit, the call's own, and
 * nothing that was not put there. False: the call has failed.
 */
export function detach (call: Call, outcomes: Outcomes): boolean {
  if (call.metadata === undefined && call.headers === undefined) {
    return true
  }
  try {
    sizeMaps(call.metadata, call.headers)
  } catch (err) {
    outcomes.fail(call, new RpcError('RESOURCE_EXHAUSTED', `${call.what}: ${messageOf(err)}; nothing was sent`, { cause: err }))
    return false
  }
  call.metadata = bare(call.metadata)
  call.headers = bare(call.headers)
  return true
}

function bare (map: TextMap | undefined): TextMap | undefined {
  return map === undefined ? undefined : Object.assign(Object.create(null) as Record<string, string>, map)
}

function inherit (call: Call, parent: CallParent): void {
  if (parent.ended !== undefined) {
    throw cancelled(call.what, parent.ended)
  }
  call.parent = parent
  if (call.token === undefined && parent.tokenBytes !== undefined) {
    call.token = parent.tokenBytes
    call.tokenId = parent.token
  }
  if (call.metadata?.[TRACEPARENT] === undefined) {
    call.trace = parent.trace
  }
  call.metadata = call.metadata === undefined ? parent.baggage : { ...parent.baggage, ...call.metadata }
}
