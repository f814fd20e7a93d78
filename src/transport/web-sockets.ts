/**
 * libp2p's WebSockets. A dial of theirs that is given up, or whose upgrade fails, leaves its socket open for as long as the
 * other side likes: one more with each attempt to reach a peer that takes connections and says nothing, and in a browser one
 * that still connects holds up all that would follow it to that host.
 */
import { webSockets as leaky } from '@libp2p/websockets'
import { abortable } from './under.ts'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

export function webSockets (): (components: any) => Transport {
  return components => {
    const transport = leaky()(components)
    const dial = transport.dial.bind(transport)
    transport.dial = async (address, options) => dial(address, {
      ...options,
      // It aborts as the other, and never says that it has: after that the transport would not close its socket.
      signal: Object.defineProperty(AbortSignal.any([options.signal]), 'aborted', { value: false }),
      upgrader: {
        upgradeOutbound: async (maConn: MultiaddrConnection) => options.upgrader.upgradeOutbound(maConn, options).catch(err => {
          abortable(maConn).abort(err)
          throw err
        })
      } as unknown as Upgrader
    })
    return transport
  }
}
