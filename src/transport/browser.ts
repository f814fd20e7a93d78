/** A browser's part of the transport: it dials WebSockets, is reached through relays, and is a DHT client. */
import { noise } from '@libp2p/noise'
import { InvalidOptionsError } from '../errors.ts'
import { MAX_CONNECTIONS_TAB } from '../wire/limits.ts'
import { whyNotFromPage } from './page-address.core.ts'
import { relayTransport } from './reserve.ts'
import { webSockets } from './web-sockets.ts'
import type { Platform } from './options.ts'

export const platform: Platform = {
  transports: onReservation => [webSockets(url => new WebSocket(url)), relayTransport(onReservation)],
  encrypters: () => [noise()],
  // Search mode reserves on any relay it is connected to, and again after that connection was lost; a reservation that
  // is configured by address is never renewed.
  listen: ['/p2p-circuit'],
  whyNot: address => whyNotFromPage(address, globalThis.location?.protocol ?? ''),
  // A relay that cannot be reached now must not keep the tab from starting.
  listenMustSucceed: false,
  dhtClient: true,
  maxConnections: () => MAX_CONNECTIONS_TAB,
  relayServer: () => { throw new InvalidOptionsError('relay: a browser tab cannot be a relay; run `braid-mesh relay` in Node') }
}
