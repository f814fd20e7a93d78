/** Takes every WebSocket, and then says nothing: no frame, and no answer to a goodbye. Or, without a handshake, takes none. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** A fixed part of the protocol, RFC 6455. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export interface MuteWebSocket extends AsyncDisposable {
  /** Multiaddr, without a peer id. */
  readonly address: string
  /** Sockets that are open. */
  readonly open: number
}

export async function muteWebSocket ({ handshake = true } = {}): Promise<MuteWebSocket> {
  const sockets = new Set<Duplex>()
  const server = createServer()
  server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('close', () => { sockets.delete(socket) })
    // an end is seen only by who reads
    socket.resume().on('end', () => { socket.end() })
    if (!handshake) return
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${MAGIC}`).digest('base64')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws`,
    get open () { return sockets.size },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}
