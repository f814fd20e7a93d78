/**
 * @packageDocumentation
 *
 * How a peer reaches peers. The only room that sets libp2p's options: every default of js-libp2p that does not fit a
 * mesh is overridden in `options.ts`, once, with its reason. What differs between Node and browsers stands in `node.ts`
 * and `browser.ts` and is chosen by the package's `imports` (`#transports`).
 *
 * @example
 *
 * ```ts
 * import { createLibp2p } from 'libp2p'
 * import { libp2pOptions } from 'braid-mesh/transport'
 *
 * const node = await createLibp2p(libp2pOptions({ mesh: 'shop', listen: ['/ip4/127.0.0.1/tcp/0'] }))
 * ```
 */
export { libp2pOptions, startError } from './options.ts'
export type { DirectPaths, OnPath, PathChange, TransportInit } from './options.ts'
export type { DhtRules } from './dht.ts'
export { relayOf } from './relay-service.ts'
export type { Relay, RelayEvents } from './relay-service.ts'
export type { RelayOptions, RelayRefusal, RelayStats } from './relay-quota.core.ts'
export type { OnReservation } from './reachability.ts'
export { Bootstrapper } from './bootstrap.ts'
export type { BootstrapComponents, BootstrapInit } from './bootstrap.ts'
export { halt } from './halt.ts'
export { parseAddress } from './address.ts'
export { isLoopback } from './loopback.core.ts'
