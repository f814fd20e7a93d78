/** Forms from JSON Schema: which fields an object has, and an example to start from. */

export interface JsonSchema {
  type?: string | readonly string[]
  title?: string
  description?: string
  properties?: Readonly<Record<string, JsonSchema>>
  required?: readonly string[]
  items?: JsonSchema
  enum?: readonly unknown[]
  const?: unknown
  default?: unknown
  examples?: readonly unknown[]
  anyOf?: readonly JsonSchema[]
  oneOf?: readonly JsonSchema[]
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

/** A field of a form: one property of the arguments. */
export interface Field {
  readonly name: string
  readonly kind: 'text' | 'number' | 'boolean' | 'choice'
  readonly required: boolean
  readonly hint: string
  readonly choices: readonly string[]
  readonly schema: JsonSchema
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  email: 'ada@example.org', uri: 'https://example.org/', uuid: '00000000-0000-4000-8000-000000000000',
  'date-time': '2026-01-01T12:00:00Z', date: '2026-01-01', ipv4: '192.0.2.1'
}

function typeOf (schema: JsonSchema): string | undefined {
  return typeof schema.type === 'string' ? schema.type : schema.type?.find(type => type !== 'null')
}

/** A value that the schema takes, as far as one can be guessed; deep ones end. */
export function exampleOf (schema: JsonSchema | undefined, depth = 0): unknown {
  if (schema == null || depth > 8) return undefined
  const { examples, const: constant, enum: choices, anyOf, oneOf } = schema
  if (examples?.[0] !== undefined) return examples[0]
  if (schema.default !== undefined) return schema.default
  if (constant !== undefined) return constant
  if (choices?.[0] !== undefined) return choices[0]
  const [option] = anyOf ?? oneOf ?? []
  if (option != null) return exampleOf(option, depth + 1)
  switch (typeOf(schema)) {
    case 'object': return objectOf(schema, depth)
    case 'array': return [exampleOf(schema.items, depth + 1)].filter(item => item !== undefined)
    case 'string': return BY_FORMAT[schema.format ?? ''] ?? 'text'.padEnd(schema.minLength ?? 0, '.')
    case 'integer': case 'number': return schema.minimum ?? 1
    case 'boolean': return false
    default: return undefined
  }
}

/** What may be left out is, unless the schema names a value for it. */
function objectOf ({ properties = {}, required = [] }: JsonSchema, depth: number): Record<string, unknown> {
  const wanted = Object.entries(properties).filter(([name, part]) => required.includes(name) || part.examples != null || part.default !== undefined)
  return Object.fromEntries(wanted.map(([name, part]) => [name, exampleOf(part, depth + 1)]))
}

function fieldOf (name: string, schema: JsonSchema, required: boolean): Field | undefined {
  const hint = schema.description ?? ''
  const common = { name, required, hint, schema, choices: [] }
  if (schema.enum != null) return { ...common, kind: 'choice', choices: schema.enum.map(String) }
  switch (typeOf(schema)) {
    case 'string': return { ...common, kind: 'text' }
    case 'integer': case 'number': return { ...common, kind: 'number' }
    case 'boolean': return { ...common, kind: 'boolean' }
    default: return undefined
  }
}

/** Undefined: no form can be made of it, it is edited as JSON. */
export function fieldsOf (schema: JsonSchema | undefined): readonly Field[] | undefined {
  if (schema == null || typeOf(schema) !== 'object' || schema.properties == null) return undefined
  const required = new Set(schema.required)
  const fields = Object.entries(schema.properties).map(([name, part]) => fieldOf(name, part, required.has(name)))
  return fields.every(field => field != null) && fields.length > 0 ? fields : undefined
}

/** What a person typed into a field, as the schema wants it; undefined: nothing. */
export function valueOf (field: Field, text: string): unknown {
  if (text === '' && !field.required) return undefined
  switch (field.kind) {
    case 'number': return Number(text)
    case 'boolean': return text === 'true'
    default: return text
  }
}
