/** Schemas of sequences: each item is checked as it passes. */
import { invalidInput, invalidOutput } from './validate.ts'
import type { EncodedBody } from '../wire/codecs.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** The input of a handler; the first item that is not valid ends it with INVALID_ARGUMENT. */
export function checkedInput (schema: StandardSchemaV1 | undefined, input: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return schema === undefined ? input : checkEach(schema, input)
}

async function * checkEach (schema: StandardSchemaV1, input: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const item of input) {
    const result = await schema['~standard'].validate(item)
    if (result.issues !== undefined) {
      throw invalidInput(result.issues)
    }
    yield result.value
  }
}

/** Encodes the results of a handler; the first that is not valid throws INTERNAL. */
export function checkedOutput (schema: StandardSchemaV1 | undefined, encode: (value: unknown) => EncodedBody): (value: unknown) => EncodedBody | Promise<EncodedBody> {
  if (schema === undefined) {
    return encode
  }
  const checked = (result: StandardSchemaV1.Result<unknown>): EncodedBody => {
    if (result.issues !== undefined) {
      throw invalidOutput(result.issues)
    }
    return encode(result.value)
  }
  return value => {
    const result = schema['~standard'].validate(value)
    return result instanceof Promise ? result.then(checked) : checked(result)
  }
}
