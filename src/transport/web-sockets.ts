/**
 * libp2p's WebSockets. A dial of theirs that is given up, or whose upgrade fails, leaves its socket open for as long as the
 * other side likes: one more with each attempt to reach a peer that takes connections and says nothing, and in a browser one
 * that still connects holds up all that would follow it to that host.
 */
import { webSockets as leaky } from '@libp2p/websockets'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { abortable } from '../util/abortable.ts'
import { end, resettable } from './under.ts'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** As much of a WebSocket as a dial needs. */
interface Socket {
  binaryType: string
  addEventListener (type: 'open' | 'error', listener: (event: any) => void): void
  close (): void
  /** Where there is one: a goodbye needs an answer, which a peer may keep. */
  terminate? (): void
}

interface Dialling extends Transport {
  _connect (address: Multiaddr, options: { signal?: AbortSignal }): Promise<Socket>
}

/** @param make - begins to connect */
export function webSockets (make: (url: string) => Socket): (components: any) => Transport {
  return components => {
    const transport = leaky()(components) as Dialling
    transport._connect = async (address, { signal }) => {
      const socket = make(multiaddrToUri(address))
      socket.binaryType = 'arraybuffer'
      const opened = new Promise<unknown>((resolve, reject) => {
        socket.addEventListener('open', resolve)
        // for good: one that is ended while it connects tells of that, too
        socket.addEventListener('error', ({ error = new Error('no WebSocket') }) => { reject(error) })
      })
      await abortable(opened, signal).catch(err => {
        end(socket)
        throw err
      })
      return socket
    }
    const dial = transport.dial.bind(transport)
    transport.dial = async (address, options) => dial(address, {
      ...options,
      upgrader: {
        upgradeOutbound: async (maConn: MultiaddrConnection) => options.upgrader.upgradeOutbound(maConn, options).catch(err => {
          resettable(maConn).abort(err)
          throw err
        })
      } as unknown as Upgrader
    })
    return transport
  }
}
