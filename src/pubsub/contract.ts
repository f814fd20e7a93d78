/** Typed topics: what a topic carries, as a value that publishers and consumers share and that their types come from. */
import { InvalidMessageError, InvalidOptionsError } from '../errors.ts'
import { checkTopicOrPattern } from './names.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A topic's name and the schema of its bodies. */
export interface TopicContract<I = unknown, O = unknown> {
  readonly topic: string
  readonly body: StandardSchemaV1<I, O>
}

/**
 * A contract: give it to `mesh.pubsub.topic`. That of a pattern (`orders.*`) checks what consumers get of all topics that match.
 *
 * @throws InvalidNameError, InvalidOptionsError
 *
 * @example
 *
 * ```ts
 * export const orders = defineTopic('orders', { body: z.object({ item: z.string(), count: z.number() }) })
 * await mesh.pubsub.topic(orders).publish({ item: 'book', count: 1 })
 * ```
 */
export function defineTopic<I, O> (topic: string, { body }: { body: StandardSchemaV1<I, O> }): TopicContract<I, O> {
  checkTopicOrPattern(topic)
  if (typeof body?.['~standard']?.validate !== 'function') {
    throw new InvalidOptionsError(`${topic}: body must be a Standard Schema, as those of zod, valibot and arktype are`)
  }
  return Object.freeze({ topic, body })
}

/**
 * What the schema makes of a body.
 *
 * @throws InvalidMessageError
 */
export async function checkedBody (topic: string, schema: StandardSchemaV1 | undefined, body: unknown): Promise<unknown> {
  if (schema === undefined) return body
  const result = await schema['~standard'].validate(body)
  if (result.issues === undefined) return result.value
  const [issue] = result.issues
  throw new InvalidMessageError(`${topic}: the body is not valid: ${issue?.message ?? 'the schema gave no reason'}`, result.issues)
}
