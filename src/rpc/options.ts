import { InvalidOptionsError } from '../errors.ts'
import { checkFunctions, refuse } from '../util/refuse.ts'
import { DEFAULT_TIMEOUT, LARGEST_BODY, MAX_BODY, MAX_CALL_STREAMS, MAX_CALL_STREAMS_PER_PEER, MAX_PENDING, MAX_PENDING_PER_PEER, MAX_TIMEOUT } from '../wire/limits.ts'
import type { RpcInit } from './index.ts'
import type { Interceptors } from './interceptor.ts'

/** {@link RpcInit} with its defaults. */
export interface RpcOptions {
  timeout: number
  secret: string | undefined
  maxPendingPerPeer: number
  maxPending: number
  maxStreamsPerPeer: number
  maxStreams: number
  maxBody: number
  counted: boolean
  lazy: boolean
  interceptors: Interceptors
  isolation: RpcInit['isolation']
}

/** @throws InvalidOptionsError - an option that cannot work */
export function resolveRpcOptions (init: RpcInit): RpcOptions {
  return {
    timeout: positive(init, 'timeout', DEFAULT_TIMEOUT, MAX_TIMEOUT),
    secret: init.secret,
    maxPendingPerPeer: positive(init, 'maxPendingPerPeer', MAX_PENDING_PER_PEER),
    maxPending: positive(init, 'maxPending', MAX_PENDING),
    maxStreamsPerPeer: positive(init, 'maxStreamsPerPeer', MAX_CALL_STREAMS_PER_PEER),
    maxStreams: positive(init, 'maxStreams', MAX_CALL_STREAMS),
    maxBody: positive(init, 'maxBody', MAX_BODY, LARGEST_BODY),
    counted: init.counted ?? false,
    lazy: init.lazy ?? false,
    isolation: init.isolation,
    interceptors: checkInterceptors(init.interceptors ?? {})
  }
}

/** What is given in another form would not be run, and nobody would be checked by it. */
function checkInterceptors (interceptors: Interceptors): Interceptors {
  const { client, server, ...others } = interceptors
  // what an array or a text has are no sides; an instance of a class may have more beside its sides
  const isPlain = interceptors.constructor === Object || (client ?? server) === undefined
  refuse(typeof interceptors === 'function' || (isPlain && Object.keys(others).length > 0), 'rpc interceptors: expected { client, server }')
  checkFunctions('rpc interceptors', client)
  checkFunctions('rpc interceptors', server)
  return interceptors
}

function positive (init: RpcInit, name: 'timeout' | 'maxBody' | 'maxPending' | 'maxPendingPerPeer' | 'maxStreams' | 'maxStreamsPerPeer', otherwise: number, max = Infinity): number {
  const value = init[name] ?? otherwise
  if (typeof value !== 'number' || !(value > 0) || value > max) {
    throw new InvalidOptionsError(`rpc ${name} must be a number above 0${max === Infinity ? '' : ` and at most ${max}`}, not ${String(value)}`)
  }
  return value
}
