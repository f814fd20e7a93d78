/** Contracts on top of untyped calls: what `rpc.serve`, `rpc.client` and `ctx.client` do. */
import { InvalidOptionsError } from '../errors.ts'
import { checkFunctions } from '../util/refuse.ts'
import { decode, decoded, decoding, encode, encoded, encoding } from './codec.ts'
import { versioned } from './contract.ts'
import { failedResults } from './results.ts'
import type { Codec } from './codec.ts'
import type { Contract, ContractClient, ContractHandlers, MethodContract } from './contract.ts'
import type { HandleOptions, Handler, InvokeOptions, Registration } from './index.ts'
import type { ClientInterceptor } from './interceptor.ts'
import type { CallKind, Results, Sequence, StreamKind } from './stream-types.ts'

/** Options of every call of one client; those of a call win. */
export interface ClientOptions extends Omit<InvokeOptions, 'idempotencyKey' | 'idempotent'> {
  /** Outside of the room's. */
  interceptors?: readonly ClientInterceptor[] | undefined
}

/** The untyped ways to call. */
export interface Caller {
  invoke (service: string, method: string, args: unknown, options: InvokeOptions | undefined, own: readonly ClientInterceptor[] | undefined): Promise<unknown>
  stream (service: string, method: string, kind: StreamKind, input: unknown, options: InvokeOptions | undefined, own: readonly ClientInterceptor[] | undefined): Results | Promise<unknown>
}

export function clientOf<C extends Contract<any>> (contract: C, caller: Caller, options: ClientOptions = {}): ContractClient<C> {
  const { interceptors, ...defaults } = options
  checkFunctions('client: interceptors', interceptors)
  const hasDefaults = Object.keys(defaults).length > 0
  const client: Record<string, unknown> = {}
  for (const [name, { kind, idempotent, codec }] of Object.entries(methodsOf(contract))) {
    const method = versioned(name, contract.version)
    const base: InvokeOptions | undefined = idempotent === true ? { ...defaults, idempotent } : hasDefaults ? defaults : undefined
    const merge = (own: InvokeOptions | undefined): InvokeOptions | undefined => base === undefined ? own : own === undefined ? base : { ...base, ...own }
    const call = kind === 'unary'
      ? (args: unknown, own?: InvokeOptions) => caller.invoke(contract.service, method, args, merge(own), interceptors)
      : (input: unknown, own?: InvokeOptions) => caller.stream(contract.service, method, kind, input, merge(own), interceptors)
    client[name] = codec === undefined ? call : coded(call, kind, codec, `rpc ${contract.service}/${method}`)
  }
  return Object.freeze(client) as ContractClient<C>
}

/** A call by the name of its method, and what each answer to it means. */
type Named<O> = readonly [service: string, method: string, args: unknown, options: O | undefined, read: (answer: unknown) => unknown]

/**
 * Of a service or, in its place, of a contract, whose version, codec and idempotence it has.
 *
 * @throws InvalidOptionsError - the contract has no such method; RpcError - its codec cannot encode the arguments
 */
export function named<O extends InvokeOptions> (of: string | Contract<any>, method: string, args: unknown, options: O | undefined): Named<O> {
  // an untyped caller may give anything
  const { service, version, methods } = Object(of) as Partial<Contract<Record<string, MethodContract>>>
  if (service === undefined || methods === undefined) {
    return [of as string, method, args, options, answer => answer]
  }
  const { kind, codec, idempotent } = methods[method] ?? {}
  if (kind !== 'unary') {
    throw new InvalidOptionsError(`the contract of '${service}' has no unary method '${method}'`)
  }
  return [
    service,
    versioned(method, version),
    codec === undefined ? args : encode(codec, args, `rpc ${service}/${method}`),
    { idempotent, ...options } as O,
    answer => codec === undefined ? answer : decode(codec, answer)
  ]
}

/** The same call, whose bodies are bytes of a codec. */
function coded (call: (args: unknown, own?: InvokeOptions) => Promise<unknown> | Results, kind: CallKind, codec: Codec, what: string): typeof call {
  const manyIn = kind === 'clientStream' || kind === 'bidi'
  const manyOut = kind === 'serverStream' || kind === 'bidi'
  const send = (args: unknown, own: InvokeOptions | undefined): Promise<unknown> | Results =>
    call(manyIn ? encoded(args as Sequence, codec, what) : encode(codec, args, what), own)
  if (!manyOut) {
    return async (args, own) => decode(codec, await send(args, own))
  }
  return (args, own) => {
    try {
      return decoded(send(args, own) as Results, codec)
    } catch (err) {
      return failedResults(err)
    }
  }
}

/** The untyped ways to serve. */
export interface Servant {
  handle (method: string, handler: Handler, options: HandleOptions): Registration
  handleStream (method: string, kind: StreamKind, handler: Handler, options: HandleOptions): Registration
}

/** Options of every method that is served; by method, of that one. */
export type ServeOptions<C extends Contract<any>> = Omit<HandleOptions, 'input' | 'output' | 'description' | 'idempotent'> & {
  methods?: { readonly [N in keyof C['methods']]?: Omit<HandleOptions, 'input' | 'output'> }
}

/** @throws InvalidOptionsError - a method without a handler, a handler without a method */
export function serveAll<C extends Contract<any>> (contract: C, handlers: ContractHandlers<C>, servant: Servant, options: ServeOptions<C> = {}): Registration {
  const { methods: own = {}, ...shared } = options
  const methods = methodsOf(contract)
  const names = Object.keys(methods)
  check(contract, 'has no handler for', names.filter(name => !Object.hasOwn(handlers, name) || typeof handlers[name] !== 'function'))
  check(contract, 'does not know', Object.keys(handlers).filter(name => !names.includes(name)))
  const registrations: Registration[] = []
  const close = (): void => { registrations.forEach(registration => { registration.close() }) }
  try {
    for (const name of names) {
      const { kind, input: takes, output: gives, idempotent, codec, description } = methods[name] as MethodContract
      const [input, output] = codec === undefined ? [takes, gives] : [decoding(codec, takes), encoding(codec, gives)]
      const about: HandleOptions = { input, output, idempotent, description, ...shared, ...(own as Record<string, HandleOptions>)[name] }
      const method = versioned(name, contract.version)
      registrations.push(kind === 'unary' ? servant.handle(method, handlers[name] as Handler, about) : servant.handleStream(method, kind, handlers[name] as Handler, about))
    }
  } catch (err) {
    close()
    throw err
  }
  return { close, [Symbol.dispose]: close }
}

/** @throws InvalidOptionsError - an untyped caller may give anything */
function methodsOf (contract: Contract<any>): Record<string, MethodContract> {
  const { methods } = Object(contract) as Partial<Contract<Record<string, MethodContract>>>
  if (methods === undefined) {
    throw new InvalidOptionsError('expected a contract, as defineService() makes them')
  }
  return methods
}

function check (contract: Contract<any>, what: string, names: string[]): void {
  if (names.length > 0) {
    const { service, version } = contract
    throw new InvalidOptionsError(`the implementation of '${service}${version === undefined ? '' : `@${version}`}' ${what} ${names.join(', ')}`)
  }
}
