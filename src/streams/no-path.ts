import { NoPathError } from '../errors.ts'

/** Why a peer cannot be reached, for people; errors of the node itself, as that it is stopped, are left as they are. */
export function noPath (peer: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'NotStartedError' || error.name === 'AbortError') {
    return error
  }
  const all = leaves(error)
  const said = all.map(({ name, message }) => `${name} ${message}`).join()
  const why = said.includes('NO_RESERVATION')
    ? 'its relay does not have it: it is gone, or lost its place there'
    : /RESOURCE_LIMIT|PERMISSION_DENIED|RESERVATION_REFUSED/.test(said)
      ? 'its relay refused'
      : said.includes('NoValidAddresses')
        ? 'it has no address: only a relay could reach it, and it has a place on none'
        : `all of its addresses failed: ${[...new Set(all.map(({ message }) => message))].slice(0, 3).join('; ')}`
  return new NoPathError(`no path to ${peer}: ${why}`, { cause: error })
}

/** The errors of single addresses. */
function leaves (error: Error): Error[] {
  return error instanceof AggregateError ? error.errors.flatMap(inner => inner instanceof Error ? leaves(inner) : []) : [error]
}
