/** Which connections say nothing. */
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
