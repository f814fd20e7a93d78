/** Node's part of the transport: TCP and WebSockets both ways, TLS before Noise, a DHT server. */
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { WebSocket } from 'ws'
import { whyStrange, whyTooOld } from '../util/node-version.ts'
import { MAX_CONNECTIONS, MAX_CONNECTIONS_RELAY } from '../wire/limits.ts'
import { announced } from './announced.core.ts'
import { reuseWalks } from './closest.ts'
import { listenError } from './listen-error.ts'
import { relayServer } from './relay.ts'
import { relayTransport } from './reserve.ts'
import { webSockets } from './web-sockets.ts'
import type { Platform } from './options.ts'

export const platform: Platform = {
  transports: onReservation => {
    const why = whyTooOld(process.versions.node) ?? whyStrange(Buffer.alloc(0))
    if (why !== undefined) throw new Error(why)
    return [
      // A mesh dials many peers; a socket that is idle between two calls must not be closed under them (default 2 min).
      tcp({ inboundSocketInactivityTimeout: 10 * 60_000, outboundSocketInactivityTimeout: 10 * 60_000 }),
      // Node's own cannot be ended without the other side, which would keep a socket for each attempt to reach it. What is encrypted cannot be compressed.
      webSockets(url => new WebSocket(url, { perMessageDeflate: false })),
      relayTransport(onReservation)
    ]
  },
  // TLS first: at 128 B under load it carries 1.3 x what Noise does, and halves the latency at 4 KiB. Browsers cannot
  // speak TLS inside a socket and negotiate Noise.
  encrypters: () => [tls(), noise()],
  listen: ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws'],
  announceFilter: announced,
  // A port that is taken is an error, not a node that nobody reaches.
  listenMustSucceed: true,
  explain: listenError,
  // The default (undefined) starts as a client and becomes a server only with a public address.
  dhtClient: false,
  tuneDht: reuseWalks,
  maxConnections: relay => relay ? MAX_CONNECTIONS_RELAY : MAX_CONNECTIONS,
  relayServer,
  whyNot: () => undefined
}
