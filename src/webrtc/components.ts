import type { WebRTCTransportComponents } from '@libp2p/webrtc'
import type { Libp2pEvents, PeerStore, TypedEventTarget } from '@libp2p/interface'

/** The protocol on which two peers tell each other their addresses, over the relayed path. */
export const SIGNALLING = '/webrtc-signaling/0.0.1'

/** What the transport needs of libp2p. */
export interface Components extends WebRTCTransportComponents {
  events: TypedEventTarget<Libp2pEvents>
  peerStore: PeerStore
}
