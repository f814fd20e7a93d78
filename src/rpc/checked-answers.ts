/** An interceptor for who does not take the word of those it calls for what they answer. */
import { InvalidOptionsError, RpcError } from '../errors.ts'
import { decoding } from './codec.ts'
import { versioned } from './contract.ts'
import { changed } from './results.ts'
import { invalidOutput } from './validate.ts'
import type { Contract, MethodContract } from './contract.ts'
import type { ClientCall, ClientInterceptor } from './interceptor.ts'
import type { OutCall } from './out-call.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Names of methods whose `output` gives what it takes, as all schemas do that make no other type of a value. */
export type Checkable<C extends Contract<any>> = {
  [N in keyof C['methods']]: C['methods'][N] extends MethodContract<any, any, StandardSchemaV1<infer I, infer O>> ? [O] extends [I] ? N : never : never
}[keyof C['methods']] & string

/** Which methods {@link validate} checks: all of them, or, where one makes another type of its result, those that are named. */
export type Checked<C extends Contract<any>> =
  | (keyof C['methods'] extends Checkable<C> ? [] : never)
  | [first: Checkable<C>, ...others: Array<Checkable<C>>]

/** @throws RpcError - INTERNAL, with the issues */
type Check = (answer: unknown, call: ClientCall) => Promise<unknown>

/**
 * Checks what comes back from the calls of a contract, of a sequence each item, by its `output` schemas: a node of another
 * version, or a hostile one, may answer anything, which without this is handed out as the type that the contract says. What
 * is not valid is `INTERNAL`, with the issues in `details` and who answered in `node`.
 *
 * The schema has been applied where the answer was made, and is applied once more: it has to leave what it has made as it is.
 * So one that makes another type (`z.string().transform(Number)`) cannot be checked here, and the other methods must be named.
 *
 * @example
 *
 * ```ts
 * const client = mesh.rpc.client(login, { interceptors: [validate(login)] })
 * await createMesh({ rpc: { interceptors: { client: [retry(), breaker(), validate(login), validate(shop, 'price', 'stock')] } } })
 * ```
 *
 * @param contract - that its calls are made by
 * @param methods - of it, that are checked. @default all that have an `output`
 * @throws InvalidOptionsError - no contract, or not one of its methods
 */
export function validate<C extends Contract<any>> (contract: C, ...methods: Checked<C>): ClientInterceptor {
  const { service, version, methods: known }: Partial<C> = contract ?? {}
  if (known === undefined) {
    throw new InvalidOptionsError('validate: expected a contract, as defineService() makes them')
  }
  const checks = new Map<string, Check>()
  for (const name of methods.length > 0 ? methods : Object.keys(known)) {
    const method = (known as Record<string, MethodContract>)[name]
    if (method === undefined) {
      throw new InvalidOptionsError(`validate: the contract of '${String(service)}' has no method '${name}'`)
    }
    if (method.output !== undefined) {
      checks.set(versioned(name, version), checkOf(method, method.output))
    }
  }
  return next => async call => {
    const check = call.service === service && (call as OutCall).oneWay !== true ? checks.get(call.method) : undefined
    const answer = await next(call)
    return check === undefined
      ? answer
      : call.kind === 'unary' || call.kind === 'clientStream'
        ? check(answer, call)
        : changed((answer as AsyncIterable<unknown>)[Symbol.asyncIterator](), item => check(item, call))
  }
}

function checkOf ({ codec }: MethodContract, output: StandardSchemaV1): Check {
  const schema = codec === undefined ? output : decoding(codec, output)
  return async (answer, { service, method, node }) => {
    const result = await schema['~standard'].validate(answer)
    if (result.issues !== undefined) {
      const { code, message, details } = invalidOutput(result.issues)
      throw new RpcError(code, `rpc ${service}/${method} at ${String(node)}: ${message}`, { details, rawMessage: message, ...node !== undefined && { node } })
    }
    // whoever made the call reads bytes
    return codec === undefined ? result.value : codec.encode(result.value)
  }
}
