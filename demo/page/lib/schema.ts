/** Forms from JSON Schema: which fields an object has, and an example to start from. Another node sent it: any part of it may be anything. */
import { show } from './text.ts'

/** A field of a form: one property of the arguments. */
export interface Field {
  readonly name: string
  readonly kind: 'text' | 'number' | 'boolean' | 'choice'
  readonly required: boolean
  readonly hint: string
  /** The values to choose from. */
  readonly choices: readonly unknown[]
}

/** Fields, and choices of one, that a form has; more are edited as JSON. */
const MAX_FIELDS = 100
/** Characters of an example. */
const MAX_LENGTH = 1_000
const MAX_DEPTH = 8

const BY_FORMAT: ReadonlyMap<unknown, string> = new Map([
  ['email', 'ada@example.org'], ['uri', 'https://example.org/'], ['uuid', '00000000-0000-4000-8000-000000000000'],
  ['date-time', '2026-01-01T12:00:00Z'], ['date', '2026-01-01'], ['ipv4', '192.0.2.1']
])

/** The parts of a schema; none of what is no object. */
function partsOf (value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype ? value as Record<string, unknown> : {}
}

function listOf (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function typeOf ({ type }: Readonly<Record<string, unknown>>): unknown {
  return Array.isArray(type) ? type.find(type => type !== 'null') : type
}

/** A value that the schema takes, as far as one can be guessed; deep ones end. */
export function exampleOf (schema: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return undefined
  const parts = partsOf(schema)
  const [known] = [listOf(parts['examples'])[0], parts['default'], parts['const'], listOf(parts['enum'])[0]].filter(value => value !== undefined)
  if (known !== undefined) return known
  const [option] = listOf(parts['anyOf'] ?? parts['oneOf'])
  if (option != null) return exampleOf(option, depth + 1)
  const { minLength, minimum } = parts
  switch (typeOf(parts)) {
    case 'object': return objectOf(parts, depth)
    case 'array': return [exampleOf(parts['items'], depth + 1)].filter(item => item !== undefined)
    case 'string': return BY_FORMAT.get(parts['format']) ?? 'text'.padEnd(typeof minLength === 'number' ? Math.min(MAX_LENGTH, minLength) : 0, '.')
    case 'integer': case 'number': return typeof minimum === 'number' ? minimum : 1
    case 'boolean': return false
    default: return undefined
  }
}

/** What may be left out is, unless the schema names a value for it. */
function objectOf (parts: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const required = new Set(listOf(parts['required']))
  const wanted = Object.entries(partsOf(parts['properties'])).filter(([name, part]) => required.has(name) || partsOf(part)['examples'] != null || partsOf(part)['default'] !== undefined)
  return Object.fromEntries(wanted.map(([name, part]) => [name, exampleOf(part, depth + 1)]))
}

function fieldOf (name: string, schema: unknown, required: boolean): Field | undefined {
  const parts = partsOf(schema)
  const { description, enum: choices } = parts
  const common = { name, required, hint: typeof description === 'string' ? description : '', choices: [] }
  if (Array.isArray(choices)) return choices.length > MAX_FIELDS ? undefined : { ...common, kind: 'choice', choices }
  switch (typeOf(parts)) {
    case 'string': return { ...common, kind: 'text' }
    case 'integer': case 'number': return { ...common, kind: 'number' }
    case 'boolean': return { ...common, kind: 'boolean' }
    default: return undefined
  }
}

/** Undefined: no form can be made of it, it is edited as JSON. */
export function fieldsOf (schema: unknown): readonly Field[] | undefined {
  const parts = partsOf(schema)
  if (typeOf(parts) !== 'object') return undefined
  const properties = Object.entries(partsOf(parts['properties']))
  if (properties.length > MAX_FIELDS) return undefined
  const required = new Set(listOf(parts['required']))
  const fields = properties.map(([name, part]) => fieldOf(name, part, required.has(name)))
  return fields.every(field => field != null) && fields.length > 0 ? fields : undefined
}

/** A value as a field shows it. */
export function textOf (value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : show(value)
}

/** What a person typed into a field, or chose, as the schema wants it; undefined: nothing. */
export function valueOf ({ kind, required, choices }: Field, text: string): unknown {
  if (text === '' && !(required && kind === 'text')) return undefined
  switch (kind) {
    case 'number': return Number(text)
    case 'boolean': return text === 'true'
    case 'choice': return choices.find(choice => textOf(choice) === text)
    default: return text
  }
}
