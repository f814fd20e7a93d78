/** What an interceptor gives to its `next`: the call that it was given, or a copy of it with other values. */
import { InvalidOptionsError } from '../errors.ts'

/** A call that is found again from a spread copy of it, which has none of its methods, nor what it keeps to itself. */
export interface Whole<C> {
  readonly whole: C | undefined
  readonly kind: unknown
  readonly service?: string
  readonly method: string
  /** Take over what interceptors may change. */
  take (copy: Partial<C>): void
}

/** @throws InvalidOptionsError - it is no copy of a call, or one of another method */
export function handedOn<C extends Whole<C>> (given: C): C {
  const whole = given?.whole
  if (whole === given && whole !== undefined) {
    return whole
  }
  // of the serving side's a copy has none of them
  const { kind, method, service } = given ?? {} as Partial<C>
  if (whole === undefined || (kind ?? whole.kind) !== whole.kind || (method ?? whole.method) !== whole.method || (service ?? whole.service) !== whole.service) {
    throw new InvalidOptionsError('an interceptor must hand on the call that it was given, or a copy of it, of the same method')
  }
  whole.take(given)
  return whole
}
