/** Which connections say nothing, and which answer. */
import type { Connection } from '@libp2p/interface'

/** What a connection of libp2p has and its type does not tell: the way under its encryption and its muxer. */
interface OverWire {
  readonly maConn?: EventTarget
}

/** Those on which nothing has come yet, not even a byte. The set gets smaller until the signal aborts. */
export function silentOf (connections: readonly Connection[], signal: AbortSignal): Set<Connection> {
  const silent = new Set(connections)
  // a thin line that is full answers late, but something comes of it
  for (const connection of connections) (connection as unknown as OverWire).maConn?.addEventListener('message', () => { silent.delete(connection) }, { signal })
  return silent
}

/**
 * Resolves when the peer answers on this very connection, of which it may have several: it takes a stream there, or says
 * that it does not speak the protocol. That there is one too many libp2p finds after the peer has agreed.
 */
export async function answered (connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    const stream = await connection.newStream('/ipfs/ping/1.0.0', { signal })
    stream.abort(new Error('asked'))
  } catch (err) {
    if (!/^(Unsupported|TooMany)/.test((err as Error).name)) throw err
  }
}
