/** Whether an answer to `braid.describe` is one: whoever answers may be old, wrong or hostile. */
import { list, maybe, shape, text } from '../util/shape.core.ts'
import type { Description } from './introspect.ts'

const description = shape({ id: text, service: maybe(text), health: text, methods: list(shape({ name: text, kind: text, description: maybe(text) })) })

/** Whether what another node answered to `braid.describe` has the texts of a description. Its schemas may be anything. */
export function isDescription (value: unknown): value is Description {
  return description(value)
}
