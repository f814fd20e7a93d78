/**
 * libp2p's WebSockets. A dial of theirs that is given up, or whose upgrade fails, leaves its socket open for as long as the
 * other side likes: one more with each attempt to reach a peer that takes connections and says nothing, and in a browser one
 * that still connects holds up all that would follow it to that host.
 */
import { webSockets as leaky } from '@libp2p/websockets'
import { abortable } from './under.ts'
import type { DialTransportOptions, Transport, Upgrader } from '@libp2p/interface'

type Dial = DialTransportOptions<any>

/** It aborts as the other, and never says that it has: after that the transport would not close its socket. */
function discreet (signal: AbortSignal): Pick<AbortSignal, 'aborted' | 'reason' | 'addEventListener' | 'throwIfAborted'> {
  return {
    aborted: false,
    get reason () { return signal.reason },
    addEventListener: signal.addEventListener.bind(signal),
    throwIfAborted: () => { signal.throwIfAborted() }
  }
}

/** Ends the connection that cannot be upgraded. */
function ending ({ upgrader, ...options }: Dial): Pick<Upgrader, 'upgradeOutbound'> {
  return {
    upgradeOutbound: async maConn => {
      try {
        return await upgrader.upgradeOutbound(maConn, options)
      } catch (err) {
        abortable(maConn).abort(err as Error)
        throw err
      }
    }
  }
}

export function webSockets (): (components: any) => Transport {
  return components => {
    const transport = leaky()(components)
    const dial = transport.dial.bind(transport)
    transport.dial = async (address, options) =>
      dial(address, { ...options, signal: discreet(options.signal) as AbortSignal, upgrader: ending(options) as Upgrader })
    return transport
  }
}
