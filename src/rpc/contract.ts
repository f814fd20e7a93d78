/** Contracts: what a service offers, as a value that both sides share and that their types come from. */
import { InvalidOptionsError } from '../errors.ts'
import { checkName } from '../wire/names.ts'
import type { Codec } from './codec.ts'
import type { HandlerContext, InvokeOptions } from './index.ts'
import type { CallKind, Results, Sequence, StreamOptions } from './stream-types.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

type Schema = StandardSchemaV1<any, any>
// Interfaces, and exported: what declares a contract (`declaration: true`, in a package that others share) has to name them,
// and of an alias only what it stands for is left, which is a package that the application does not depend on.
/** No `input` was given: the method takes nothing. */
export interface NoInput extends StandardSchemaV1<undefined, undefined> {}
/** No `output` was given: the method may return anything. */
export interface AnyOutput extends StandardSchemaV1<any, unknown> {}

/** What a method takes and gives, as Standard Schemas; of a sequence, what each of its elements is. */
export interface MethodInit<I extends Schema, O extends Schema> {
  /** The caller gives what the schema takes, the handler gets what it makes of it. @default no arguments */
  input?: I
  /**
   * The handler returns what the schema takes, the caller gets what it makes of it. It is applied where the result leaves: where
   * it arrives only by the interceptor `validate`.
   *
   * @default anything
   */
  output?: O
  /** Running it twice does no more than running it once: a call that was lost in flight may be sent again. @default false */
  idempotent?: boolean
  /** How bodies become bytes. @default CBOR, and a Uint8Array as it is */
  codec?: Codec
  /** For `braid.describe`. */
  description?: string
}

export interface MethodContract<K extends CallKind = CallKind, I extends Schema = Schema, O extends Schema = Schema> extends MethodInit<I, O> {
  readonly kind: K
}

/** No more than this: what stood here of schemas would be taken for those of a method that names none. */
export type Methods = Readonly<Record<string, { readonly kind: CallKind }>>

/** A service's name, version and methods. */
export interface Contract<M extends Methods = Methods> {
  readonly service: string
  /** `2` or `2.1`. */
  readonly version: string | undefined
  readonly methods: M
}

type In<S> = S extends StandardSchemaV1<infer I, any> ? I : never
type Out<S> = S extends StandardSchemaV1<any, infer O> ? O : never
type Maybe<T> = T | Promise<T>
/** Arguments that may be undefined may be left out. */
type Args<T, Options> = undefined extends T ? [args?: T, options?: Options] : [args: T, options?: Options]

/** What calls a method: {@link ContractClient}. */
export type MethodCaller<M> =
  M extends MethodContract<infer K, infer I, infer O>
    ? K extends 'unary' ? (...args: Args<In<I>, InvokeOptions>) => Promise<Out<O>>
      : K extends 'serverStream' ? (...args: Args<In<I>, StreamOptions>) => Results<Out<O>>
        : K extends 'clientStream' ? (input: Sequence<In<I>>, options?: StreamOptions) => Promise<Out<O>>
          : (input: Sequence<In<I>>, options?: StreamOptions) => Results<Out<O>>
    : never

/** What serves a method: {@link ContractHandlers}. */
export type MethodHandler<M> =
  M extends MethodContract<infer K, infer I, infer O>
    ? K extends 'unary' ? (args: Out<I>, context: HandlerContext) => Maybe<In<O>>
      : K extends 'serverStream' ? (args: Out<I>, context: HandlerContext) => Maybe<Sequence<In<O>>>
        : K extends 'clientStream' ? (input: AsyncIterable<Out<I>>, context: HandlerContext) => Maybe<In<O>>
          : (input: AsyncIterable<Out<I>>, context: HandlerContext) => Maybe<Sequence<In<O>>>
    : never

/** Typed calls of a contract's methods: `client['user.password'](args, { token })`. */
export type ContractClient<C extends Contract<any>> = { readonly [N in keyof C['methods']]: MethodCaller<C['methods'][N]> }

/** What each method is called with, of a sequence each item: `ContractInputs<typeof login>['user.password']`. */
export type ContractInputs<C extends Contract<any>> = { readonly [N in keyof C['methods']]: C['methods'][N] extends MethodContract<any, infer I, any> ? In<I> : never }

/** What the caller of each method gets, of a sequence each item: `ContractOutputs<typeof login>['user.watch']`. */
export type ContractOutputs<C extends Contract<any>> = { readonly [N in keyof C['methods']]: C['methods'][N] extends MethodContract<any, any, infer O> ? Out<O> : never }

/** What is called by the name of a method: a service by its name, or a contract, which gives the call its types. */
export type Called = string | Contract<any>

/** Names of the methods that can be called so: of a contract those that take one value and give one. */
export type CalledMethods<S extends Called> = S extends Contract<any>
  ? { [N in keyof S['methods']]: S['methods'][N] extends { readonly kind: 'unary' } ? N : never }[keyof S['methods']] & string
  : string

/** What follows the name of a method in a call: its arguments, which may be left out where they may be undefined, and options. */
export type CalledArgs<S extends Called, N, Options> = S extends Contract<any>
  ? N extends keyof S['methods']
    ? undefined extends ContractInputs<S>[N] ? [args?: ContractInputs<S>[N], options?: Options] : [args: ContractInputs<S>[N], options?: Options]
    : never
  : [args?: unknown, options?: Options]

/** What the called method gives. */
export type CalledOutput<S extends Called, N> = S extends Contract<any> ? N extends keyof S['methods'] ? ContractOutputs<S>[N] : never : unknown

/** A handler for each of a contract's methods. */
export type ContractHandlers<C extends Contract<any>> = { readonly [N in keyof C['methods']]: MethodHandler<C['methods'][N]> }

const KINDS: readonly CallKind[] = ['unary', 'serverStream', 'clientStream', 'bidi']

/** One value in, one out. */
export function unary<I extends Schema = NoInput, O extends Schema = AnyOutput> (init: MethodInit<I, O> = {}): MethodContract<'unary', I, O> {
  return { ...init, kind: 'unary' }
}

/** One value in, a sequence out: its handler is usually an `async function *`. */
export function serverStream<I extends Schema = NoInput, O extends Schema = AnyOutput> (init: MethodInit<I, O> = {}): MethodContract<'serverStream', I, O> {
  return { ...init, kind: 'serverStream' }
}

/** A sequence in, one value out. */
export function clientStream<I extends Schema = NoInput, O extends Schema = AnyOutput> (init: MethodInit<I, O> = {}): MethodContract<'clientStream', I, O> {
  return { ...init, kind: 'clientStream' }
}

/** A sequence in, a sequence out, each at its own pace. */
export function bidi<I extends Schema = NoInput, O extends Schema = AnyOutput> (init: MethodInit<I, O> = {}): MethodContract<'bidi', I, O> {
  return { ...init, kind: 'bidi' }
}

/**
 * A contract: give it to `rpc.serve` where the service is, and to `rpc.client` where it is called.
 *
 * @param name - of the service, with its version if it has one: `login`, `login@2`, `login@2.1`. A client calls what is
 *   compatible with its contract: the same major number, and at least the minor one
 * @throws InvalidNameError, InvalidOptionsError
 *
 * @example
 *
 * ```ts
 * export const login = defineService('login', {
 *   'user.password': unary({ input: z.object({ name: z.string() }), output: z.string() }),
 *   'user.watch': serverStream({ input: z.string(), output: z.object({ online: z.boolean() }) })
 * })
 * ```
 */
export function defineService<const M extends Methods> (name: string, methods: M): Contract<M> {
  const [service = '', ...versions] = String(name).split('@')
  // of more than one the methods' names are illegal
  const version = versions.length === 0 ? undefined : versions.join('@')
  checkName('service', service)
  for (const [method, contract] of Object.entries(methods) as Array<[string, MethodContract]>) {
    checkName('method', versioned(method, version))
    if (method.includes('@')) {
      throw new InvalidOptionsError(`${name}/${method}: the version belongs to the service's name`)
    }
    if (!KINDS.includes(contract?.kind)) {
      throw new InvalidOptionsError(`${name}/${method} must be made by unary(), serverStream(), clientStream() or bidi()`)
    }
    checkSchema(`${name}/${method}: input`, contract.input)
    checkSchema(`${name}/${method}: output`, contract.output)
  }
  return Object.freeze({ service, version, methods: Object.freeze({ ...methods }) })
}

/** The method's name on the wire. */
export function versioned (method: string, version: string | undefined): string {
  return version === undefined ? method : `${method}@${version}`
}

function checkSchema (what: string, schema: Schema | undefined): void {
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
    throw new InvalidOptionsError(`${what} must be a Standard Schema, as those of zod, valibot and arktype are`)
  }
}
