import { NoPathError } from '../errors.ts'

/** Why there is no direct path to a peer, for people. @param progress - how far the dial came, as libp2p tells it */
export function explain (peer: string, cause: Error, progress: readonly string[]): NoPathError {
  if (cause.name === 'NoPathError') return cause
  const late = cause.name === 'TimeoutError' || cause.name === 'AbortError'
  const reached = (step: string): boolean => progress.includes(`webrtc:${step}`)
  const why = cause.name === 'UnsupportedProtocolError'
    ? 'it does not speak WebRTC'
    : reached('read-ice-candidates')
      ? 'ICE failed, no way between the two networks was found. Where both are behind NAT name a STUN server in `iceServers`, behind strict firewalls a TURN server'
      : reached('read-sdp-answer')
        ? late ? 'it did not answer the offer' : 'it refused: it has as many direct paths as it takes, or no WebRTC'
        : late ? 'the relayed path was too slow to negotiate over' : 'the relayed path that it is negotiated over failed'
  return new NoPathError(`no direct path to ${peer}: ${why} (${cause.message})`, { cause })
}
