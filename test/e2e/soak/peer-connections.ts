/** Counts the page's RTCPeerConnections. To be loaded before what makes them, which looks the constructor up once. */
const made = new Set<RTCPeerConnection>()
const Native = globalThis.RTCPeerConnection

globalThis.RTCPeerConnection = class extends Native {
  constructor (...args: ConstructorParameters<typeof RTCPeerConnection>) {
    super(...args)
    made.add(this)
  }
}

/** Those that are not closed. */
export function peerConnections (): RTCPeerConnection[] {
  for (const one of made) if (one.signalingState === 'closed') made.delete(one)
  return [...made]
}
