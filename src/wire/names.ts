import { InvalidNameError } from '../errors.ts'
import { MAX_NAME } from './limits.ts'

/** What a name is the name of. */
export type NameKind = 'mesh' | 'service' | 'topic' | 'channel' | 'method'

/** In place of a service's name: all of them. */
export const ANY_PARENT = '*'

/** With which the names of the methods begin that every node serves by itself. */
export const BUILT_IN = 'braid.'

/** Options of those methods, and of no other: they tell them from one of that name that an application has. */
export const OWN = {}

const NAME = /^[a-z0-9][a-z0-9._-]*$/
/** A method may end in its version: `user.password@2`, `user.password@2.1`. */
const METHOD = /^[a-zA-Z0-9][a-zA-Z0-9._-]*(@\d{1,4}(\.\d{1,4})?)?$/

/** Whether `name` obeys the rule of its kind: `[a-z0-9][a-z0-9._-]{0,63}`; methods may also have upper-case letters and a version. */
export function isName (kind: NameKind, name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_NAME && (kind === 'method' ? METHOD : NAME).test(name)
}

/** Whose token it is: a service's, nobody's, or that of all. */
export function isParent (value: unknown): value is string {
  return value === '' || value === ANY_PARENT || isName('service', value)
}

/**
 * Returns `name` if it obeys the rule of its kind.
 *
 * @throws InvalidNameError - the message shows the name and the rule
 */
export function checkName (kind: NameKind, name: unknown): string {
  if (isName(kind, name)) {
    return name
  }
  const letters = kind === 'method' ? 'a-z A-Z 0-9' : 'a-z 0-9'
  throw new InvalidNameError(`illegal ${kind} name ${show(name)}: use 1 to ${MAX_NAME} of ${letters} . _ - and begin with a letter or a digit`)
}

function show (name: unknown): string {
  if (typeof name !== 'string') {
    return name === null ? 'null' : typeof name
  }
  return JSON.stringify(name.length > 80 ? name.slice(0, 80) + '…' : name)
}
