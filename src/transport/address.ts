import { multiaddr } from '@multiformats/multiaddr'
import { InvalidOptionsError } from '../errors.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * An address as somebody wrote it into an option. An empty one, as of a variable that is not set, is a multiaddr to the
 * parser, and nothing can be reached at it.
 *
 * @throws InvalidOptionsError
 */
export function addressOf (option: string, text: string): Multiaddr {
  let cause: unknown
  try {
    const address = multiaddr(text)
    if (address.getComponents().length > 0) return address
  } catch (err) {
    cause = err
  }
  throw new InvalidOptionsError(`${option}: '${text}' is not a multiaddr such as /ip4/192.0.2.1/tcp/9001: ${cause instanceof Error ? cause.message : 'it is empty'}`)
}
