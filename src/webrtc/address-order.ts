import { circuitRelayAddressesLast, loopbackAddressLast, publicAddressesFirst, reliableTransportsFirst } from '@libp2p/utils'
import type { Address } from '@libp2p/interface'

/** A path that WebRTC makes begins with a relayed one: to dial it first would only keep a call waiting. */
export function isDirectAddress (address: string): boolean {
  return /\/webrtc(\/p2p\/[^/]+)?$/.test(address)
}

/** libp2p's own order of the addresses to dial, with those of WebRTC at the end. */
export function directLast (a: Address, b: Address): -1 | 0 | 1 {
  return compare(isDirectAddress(a.multiaddr.toString()), isDirectAddress(b.multiaddr.toString())) ||
    loopbackAddressLast(a.multiaddr, b.multiaddr) ||
    publicAddressesFirst(a.multiaddr, b.multiaddr) ||
    circuitRelayAddressesLast(a.multiaddr, b.multiaddr) ||
    compare(b.isCertified, a.isCertified) ||
    reliableTransportsFirst(a.multiaddr, b.multiaddr)
}

function compare (a: boolean, b: boolean): -1 | 0 | 1 {
  return a === b ? 0 : a ? 1 : -1
}
