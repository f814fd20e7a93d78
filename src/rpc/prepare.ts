import { InvalidOptionsError, RpcError } from '../errors.ts'
import { encodeBody } from '../wire/codecs.ts'
import { MAX_IDEMPOTENCY_KEY, MAX_TIMEOUT } from '../wire/limits.ts'
import { checkName, isName } from '../wire/names.ts'
import { sizeMaps } from '../wire/rpc-write.ts'
import { Call } from './call.ts'
import { cancelled, messageOf } from './outcome.ts'
import type { Parent } from './call.ts'
import type { InvokeOptions, TokenId } from './index.ts'
import type { TokenIds } from './token-ids.ts'
import type { EncodedBody } from '../wire/codecs.ts'
import type { TextMap } from '../wire/rpc-frames.ts'

/** What a handler's context hands down to the calls that the handler makes. */
export interface CallParent extends Parent {
  readonly token: TokenId | undefined
  readonly tokenBytes: Uint8Array | undefined
  readonly remaining: number
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * A checked call with its encoded arguments.
 *
 * @throws InvalidNameError, InvalidOptionsError, RpcError - nothing was sent
 */
export function prepare (service: string, method: string, args: unknown, options: InvokeOptions | undefined, parent: CallParent | undefined, timeout: number, tokens: TokenIds, maxBody: number): Call {
  if (!isName('service', service)) {
    [service, method] = splitVersion(service, method)
  }
  checkName('method', method)
  const budget = budgetOf(options?.timeout, parent, timeout)
  const { codec, body } = encodeArgs(args, service, method, maxBody)
  const call = new Call(service, method, codec, body, budget)
  if (options !== undefined) {
    applyOptions(call, options, tokens)
  }
  if (parent !== undefined) {
    inherit(call, parent)
  }
  if (call.metadata !== undefined || call.headers !== undefined) {
    checkSize(call)
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
function splitVersion (service: string, method: string): [string, string] {
  const [name = '', version] = String(service).split('@', 2)
  checkName('service', version === undefined ? service : name)
  return [name, `${method}@${version ?? ''}`]
}

function budgetOf (wanted: number | undefined, parent: CallParent | undefined, timeout: number): number {
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
    const tooLarge = err instanceof Error && err.name === 'FrameTooLargeError'
    throw new RpcError(tooLarge ? 'RESOURCE_EXHAUSTED' : 'INVALID_ARGUMENT', `rpc ${service}/${method}: the arguments cannot be sent: ${messageOf(err)}`, { cause: err })
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
  call.only = options.node
  call.prefer = options.prefer
  if (options.avoid !== undefined && options.avoid.size > 0 && options.node === undefined) {
    call.avoid = options.avoid
  }
  call.balancer = options.balancer
  call.signal = options.signal
  if (options.onNode !== undefined && typeof options.onNode !== 'function') {
    throw new InvalidOptionsError('onNode must be a function')
  }
  call.onNode = options.onNode
}

/** A copy, with nothing that was not put there: a handler at this node sees what one elsewhere would. */
function texts (map: TextMap | undefined, name: string): TextMap | undefined {
  if (map === undefined) {
    return undefined
  }
  const copy: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string' || key === '__proto__') {
      throw new InvalidOptionsError(`${name}.${key} must be a string`)
    }
    copy[key] = value
  }
  return copy
}

/** Before a node is picked, so that a call to this node is refused as well. */
function checkSize ({ what, metadata, headers }: Call): void {
  try {
    sizeMaps(metadata, headers)
  } catch (err) {
    throw new RpcError('RESOURCE_EXHAUSTED', `${what}: ${messageOf(err)}; nothing was sent`, { cause: err })
  }
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
  call.metadata = call.metadata === undefined ? parent.metadata : Object.assign(Object.create(null) as object, parent.metadata, call.metadata)
}
