/** What a node's methods are: the answer to `braid.describe`. */
import type { MethodDescription } from './introspect.ts'
import type { Method, Methods } from './methods.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Schemas that are nested deeper are left out: a body may be 16 deep. */
const MAX_DEPTH = 10

/** Any node may ask, as often as it likes, and to make a JSON Schema is work. */
const known = new WeakMap<Method, MethodDescription>()

export function describe (methods: Methods): MethodDescription[] {
  return methods.all().map(method => {
    const description = known.get(method) ?? describeMethod(method)
    known.set(method, description)
    return description
  })
}

function describeMethod ({ name, kind, about }: Method): MethodDescription {
  const { idempotent = false, description } = about
  const input = jsonSchema(about.input, 'input')
  const output = jsonSchema(about.output, 'output')
  return {
    name,
    kind,
    idempotent,
    ...(description !== undefined && { description }),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output })
  }
}

/** Standard JSON Schema (zod 4.2), or the validator's own `toJsonSchema` (arktype). */
function jsonSchema (schema: StandardSchemaV1 | undefined, side: 'input' | 'output'): unknown {
  const standard = schema?.['~standard'] as undefined | { jsonSchema?: Record<'input' | 'output', (options: object) => unknown> }
  const own = schema as undefined | { toJsonSchema?: () => unknown }
  try {
    const made = standard?.jsonSchema !== undefined
      ? standard.jsonSchema[side]({ target: 'draft-2020-12' })
      : own?.toJsonSchema?.()
    const plain: unknown = made === undefined ? undefined : JSON.parse(JSON.stringify(made))
    return depth(plain) > MAX_DEPTH ? undefined : plain
  } catch {
    // there are schemas that JSON Schema has no words for
    return undefined
  }
}

function depth (value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
}
