/** A browser's part of the transport: it dials WebSockets, is reached through relays, and is a DHT client. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { InvalidOptionsError } from '../errors.ts'
import { MAX_CONNECTIONS_TAB } from '../wire/limits.ts'
import type { Platform } from './options.ts'

/** Hides the DHT's random walk: without a relay at hand the search for one would walk for ever, at 60 % of a core. */
function withoutRandomWalk <C extends object> (components: C): C {
  const none = { async * walk (): AsyncGenerator<never> { /* nothing to find */ } }
  return new Proxy(components, {
    get: (target, key) => key === 'randomWalk' ? none : Reflect.get(target, key)
  })
}

export const platform: Platform = {
  transports: () => [
    webSockets(),
    components => circuitRelayTransport()(withoutRandomWalk(components))
  ],
  encrypters: () => [noise()],
  // Search mode reserves on any relay it is connected to, and again after that connection was lost; a reservation that
  // is configured by address is never renewed.
  listen: ['/p2p-circuit'],
  // A relay that cannot be reached now must not keep the tab from starting.
  listenMustSucceed: false,
  dhtClient: true,
  maxConnections: () => MAX_CONNECTIONS_TAB,
  relayServer: () => { throw new InvalidOptionsError('relay: a browser tab cannot be a relay; run `braid-mesh relay` in Node') }
}
