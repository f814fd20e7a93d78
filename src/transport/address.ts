/** Addresses as users give them. */
import { multiaddr } from '@multiformats/multiaddr'
import { InvalidOptionsError } from '../errors.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * @param option - whose value it is
 * @throws InvalidOptionsError - it is none; libp2p would say so later, in the middle of something else
 */
export function parseAddress (option: string, text: unknown): Multiaddr {
  try {
    const address = multiaddr(text as string)
    // of an object libp2p would make one, too; the rest of this takes texts
    if (typeof text === 'string' && address.getComponents().length > 0) return address
  } catch {}
  throw new InvalidOptionsError(`${option}: expected multiaddrs such as /ip4/127.0.0.1/tcp/9001, got '${String(text)}'`)
}
