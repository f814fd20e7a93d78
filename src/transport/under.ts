/** What lies under the encryption, with the repairs that a mesh needs. */
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions } from '@libp2p/interface'

/** Bytes up to which what belongs together is sent in one piece: what a TLS record holds. */
const MAX_PIECE = 16 * 1024

/** What a connection over WebSockets has and its type does not tell. */
interface OverWebSocket {
  readonly websocket?: { close (): void, terminate? (): void }
  sendReset (): void
}

/**
 * A message is a header and a body: of which TLS makes two records, WebSockets two messages, and a relay four. Copying
 * a small one is cheaper.
 */
export function inOnePiece <C extends MessageStream> (connection: C): C {
  const send = connection.send.bind(connection)
  connection.send = data => send(data instanceof Uint8Array || data.byteLength > MAX_PIECE ? data : data.subarray())
  return connection
}

/**
 * Aborting a connection over WebSockets closes the socket with code 1006, which no WebSocket allows: it throws, the
 * socket stays open, and the other side takes the connection for alive until its pings fail.
 */
export function resettable <C extends MessageStream> (connection: C): C {
  const over = connection as unknown as OverWebSocket
  const { websocket } = over
  if (websocket != null) over.sendReset = () => { end(websocket) }
  return connection
}

/** At once where that can be: a goodbye waits for the other one's. */
export function end (websocket: { close (): void, terminate? (): void }): void {
  if (websocket.terminate != null) websocket.terminate()
  else websocket.close()
}

/** The encrypter, on repaired connections. */
export function repaired (factory: (components: any) => ConnectionEncrypter): (components: any) => ConnectionEncrypter {
  return components => {
    const encrypter = factory(components)
    for (const method of ['secureInbound', 'secureOutbound'] as const) {
      const secure = encrypter[method].bind(encrypter)
      encrypter[method] = async (connection: MessageStream, options?: SecureConnectionOptions) =>
        secure(resettable(inOnePiece(connection)), options)
    }
    return encrypter
  }
}
