/** @libp2p/webrtc's transport for a mesh: with bounds, with ends that both sides see, and dialled in the background. */
import { webRTC } from '@libp2p/webrtc'
import { NoPathError } from '../errors.ts'
import { MAX_DIRECT_PATHS } from '../wire/limits.ts'
import { except, Gate } from './gate.ts'
import { Upgrader } from './upgrader.ts'
import type { Components } from './components.ts'
import type { OnPath } from '../transport/index.ts'
import type { Transport } from '@libp2p/interface'

/**
 * Bytes that wait in the browser for one stream. With the default of 2 MiB a burst of some MiB stalls for seconds, and
 * at times ends the connection.
 */
const MAX_BUFFERED = 64 * 1024
/** Streams that a peer opens before this end is ready: all rooms open theirs as soon as there is a connection. */
const MAX_EARLY_STREAMS = 64

export interface IceOptions {
  readonly iceServers: RTCIceServer[]
  readonly iceTransportPolicy: RTCIceTransportPolicy
  /** ms */
  readonly timeout: number
}

/** WebRTC is in pages, but not in workers, nor where it is switched off; in Node a package brings it. */
export function hasWebrtc (scope: { RTCPeerConnection?: unknown, process?: { versions?: { node?: string } } } = globalThis): boolean {
  return scope.RTCPeerConnection != null || scope.process?.versions?.node != null
}

/** Dials WebRTC, is dialled, and keeps a direct path beside each relayed one. */
export function directTransport ({ iceServers, iceTransportPolicy, timeout }: IceOptions, onPath: OnPath): (components: any) => Transport {
  return (components: Components) => {
    const gate = new Gate(components)
    const { upgrader, registrar, connectionManager } = gate
    const transport = webRTC({
      // named, even when there are none: the default asks four companies for this node's address
      rtcConfiguration: () => ({ iceServers, iceTransportPolicy }),
      dataChannel: { maxBufferedAmount: MAX_BUFFERED },
      maxEarlyStreams: MAX_EARLY_STREAMS
    })(except(components, { upgrader, registrar, connectionManager })) as Transport & { start (): Promise<void>, stop (): Promise<void> }
    const dial = transport.dial.bind(transport)
    const here = hasWebrtc()
    transport.dial = async (address, options) => {
      if (!here) throw new NoPathError('there is no WebRTC here: browsers have it in pages, not in workers, and some switch it off')
      return dial(address, { ...options, upgrader })
    }
    const upgrades = new Upgrader({ components, paths: gate.paths, open: gate.open, dial: transport.dial, onPath, max: MAX_DIRECT_PATHS, timeout })
    const start = transport.start.bind(transport)
    const stop = transport.stop.bind(transport)
    transport.start = async () => {
      upgrades.start()
      if (here) await start()
    }
    transport.stop = async () => {
      upgrades.stop()
      if (here) await stop()
    }
    return transport
  }
}
