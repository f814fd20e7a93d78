/** Tables whose fields are numbered in their order, with parts that must come or may be missing; see schema.ts. */
import { message, text } from './schema.ts'
import type { Message, Type } from './schema.ts'

export type Fields = Record<string, readonly [number: number, type: Type<any, any>]>

/** Fields in the order of their numbers, from `first`. */
export const fields = (table: Record<string, Type<any, any>>, first = 1): Message<any> =>
  message<any>(Object.fromEntries(Object.entries(table).map(([name, type], index) => [name, [index + first, type]])) as Fields, true)

/** Undefined when it did not come; then it must not be missing, or may. */
const present = <T> (type: Type<T>, ok: (value: T | undefined) => boolean): Type<T | undefined, T> => ({
  ...type,
  initial: undefined,
  ok,
  many: { none: () => undefined, all: value => value === undefined ? [] : [value], add: (_, one) => one }
})
export const need = <T> (type: Type<T>): Type<T | undefined, T> => present(type, value => value !== undefined && type.ok(value))
export const may = <T> (type: Type<T>): Type<T | undefined, T> => present(type, value => value === undefined || type.ok(value))
export const texts = (most: number): Type<string> => text(value => value.length <= most)
