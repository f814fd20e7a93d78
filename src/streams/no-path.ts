import { NoPathError } from '../errors.ts'

/** Why a peer cannot be reached, for people; errors of the node itself, as that it is stopped, are left as they are. */
export function noPath (peer: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'NotStartedError' || error.name === 'AbortError') {
    return error
  }
  const said = (error instanceof AggregateError ? error.errors : [error]).map(String).join('; ')
  const why = /NO_RESERVATION/.test(said)
    ? 'its relay does not have it: it left, or lost its place there'
    : /RESOURCE_LIMIT|PERMISSION_DENIED/.test(said)
      ? 'its relay refused'
      : /NoValidAddr/.test(said) ? 'only a relay could reach it, and it has a place on none' : said
  return new NoPathError(`no path to ${peer}: ${why}`, { cause: error })
}
