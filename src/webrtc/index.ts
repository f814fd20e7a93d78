/**
 * @packageDocumentation
 *
 * Direct paths between browser tabs, over WebRTC: the entry point `braid-mesh/webrtc`, which needs the package
 * `@libp2p/webrtc` beside braid-mesh. Two tabs reach each other through a relay at once; meanwhile a direct path is made
 * in the background, over which everything new goes when it is there, and which outlives the relay. A path that works is
 * never given up because a better one could not be made.
 *
 * No server is asked for this node's address unless `iceServers` names some: between networks with NAT a STUN server is
 * needed, behind strict firewalls a TURN server, which then carries the bytes. Without them tabs of one network still
 * find each other, and all others stay with the relay.
 *
 * @example
 *
 * ```ts
 * import { createMesh } from 'braid-mesh'
 * import { webrtc } from 'braid-mesh/webrtc'
 *
 * const mesh = await createMesh({
 *   bootstrap: ['/dns4/relay.example.org/tcp/443/tls/ws/p2p/12D3KooW…'],
 *   webrtc: webrtc({ iceServers: [{ urls: 'stun:stun.example.org:3478' }] })
 * })
 * mesh.addEventListener('path', ({ detail: { peer, direct, error } }) => { console.log(peer, direct, error?.message) })
 * ```
 */
import { InvalidOptionsError } from '../errors.ts'
import { directLast } from './address-order.ts'
import { directTransport } from './transport.ts'
import type { DirectPaths } from '../transport/index.ts'

/** Milliseconds. The other end gives up after the larger one, which is libp2p's own. */
const MIN_TIMEOUT = 1_000
const MAX_TIMEOUT = 10_000

export interface WebrtcOptions {
  /**
   * STUN and TURN servers, as `RTCPeerConnection` takes them: `{ urls, username, credential }`. They learn this node's
   * address, and a TURN server carries what it sends, encrypted. @default [] - nobody is asked
   */
  iceServers?: RTCIceServer[]
  /** `relay`: only ways through TURN servers, so that peers never learn this node's address. @default 'all' */
  iceTransportPolicy?: RTCIceTransportPolicy
  /** Milliseconds that the search for a direct path may take, 1000 to 10000. @default 10000 */
  timeout?: number
}

/**
 * For the option `webrtc` of `createMesh`. One result may serve several meshes.
 *
 * @throws InvalidOptionsError - what `RTCPeerConnection` would not take
 */
export function webrtc (options: WebrtcOptions = {}): DirectPaths {
  const { iceServers = [], iceTransportPolicy = 'all', timeout = MAX_TIMEOUT } = options
  if (!Array.isArray(iceServers) || iceServers.some(server => !isServer(server))) {
    throw new InvalidOptionsError("webrtc: iceServers: expected an array of servers such as { urls: 'stun:stun.example.org:3478' } or { urls: 'turn:…', username, credential }")
  }
  if (iceTransportPolicy !== 'all' && iceTransportPolicy !== 'relay') {
    throw new InvalidOptionsError("webrtc: iceTransportPolicy: expected 'all' or 'relay'")
  }
  if (iceTransportPolicy === 'relay' && !iceServers.some(server => urlsOf(server).some(url => /^turns?:/.test(url)))) {
    throw new InvalidOptionsError("webrtc: iceTransportPolicy: with 'relay' iceServers must name a TURN server, or no direct path can ever be made")
  }
  if (!Number.isFinite(timeout) || timeout < MIN_TIMEOUT || timeout > MAX_TIMEOUT) {
    throw new InvalidOptionsError(`webrtc: timeout: expected ${MIN_TIMEOUT} to ${MAX_TIMEOUT} ms, got ${timeout}`)
  }
  const servers = iceServers.map(server => ({ ...server }))
  return {
    listen: ['/webrtc'],
    order: directLast,
    transport: onPath => directTransport({ iceServers: servers, iceTransportPolicy, timeout }, onPath)
  }
}

export { hasWebrtc } from './transport.ts'

function urlsOf ({ urls }: RTCIceServer): string[] {
  return typeof urls === 'string' ? [urls] : urls
}

function isServer (server: unknown): boolean {
  if (typeof server !== 'object' || server === null) return false
  const { urls, username, credential } = server as Partial<RTCIceServer>
  const list: unknown[] = Array.isArray(urls) ? urls : [urls]
  const known = list.length > 0 && list.every(url => typeof url === 'string' && /^(stuns?|turns?):[^/\s]+$/.test(url))
  const secret = list.some(url => String(url).startsWith('turn'))
  return known && (!secret || (typeof username === 'string' && typeof credential === 'string'))
}
