import { StreamRefusedError, StreamTimeoutError } from '../errors.ts'
import { nextTick } from '../util/next-tick.ts'
import { framed } from './framed-stream.ts'
import { noPath } from './no-path.ts'
import type { Activity } from './activity.ts'
import type { FramedStream, PeerStreamsComponents, PeerStreamsInit } from './index.ts'
import type { Paths } from './paths.ts'
import type { Timers } from '../util/timers.ts'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

export interface OpeningInit extends PeerStreamsInit {
  activity: Activity
  paths: Paths
  openTimeout: number
  maxOutboundStreams: number
  timers: Timers
  /** The acceptor has greeted. */
  onOpen: (stream: FramedStream) => void
  /** A stream that is not shared was negotiated. */
  onOwn: (stream: FramedStream) => void
  /** Nothing came back on a connection. */
  onDoubt: (connection: Connection) => void
  /** A stream that was open takes no more frames. */
  onClosing: (stream: FramedStream) => void
}

/** What makes frames of a stream that was negotiated. */
type Begin = (stream: Stream, init: OpeningInit, peer: PeerId, signal: AbortSignal) => FramedStream | Promise<FramedStream>

/**
 * For {@link openStream}: a stream of its caller's own, which need not wait for the greeting.
 *
 * It waits for the negotiation, so that the first answer on such a stream takes two round trips. Frames could leave together
 * with the name of the protocol (libp2p's own `negotiateFully: false` does nothing any more, but a muxer's stream could
 * be given them), and no acceptor would take them for anything else. What would be lost is worth more: as long as nothing
 * leaves before the answer, a stream whose opening fails has run nothing, and its call goes to another node. With frames
 * under way, a connection that ends, or a peer that is slow to answer, would leave each of these calls "may have run",
 * which is final. The peer that only just died is the common case; the second round trip is once in the life of a stream.
 */
export function ungreeted (stream: Stream, init: OpeningInit, peer: PeerId, signal: AbortSignal): FramedStream {
  if (signal.aborted) {
    stream.abort(signal.reason as Error)
    throw signal.reason
  }
  const { onFrame, onEnd, busy, limits, timers, activity } = init
  const result = framed(stream, {
    peer: peer.toString(),
    timers,
    activity: activity.join(peer.toString()),
    onFrame,
    ...(onEnd !== undefined && { onEnd }),
    ...(limits !== undefined && { limits }),
    ...(busy !== undefined && { busy })
  })
  init.onOwn(result)
  return result
}

/**
 * Open a stream to a peer, over the best connection there is or a new one. Resolves once the acceptor has greeted: a
 * stream that the remote refuses opens like any other and is reset a moment later. A connection on which nothing comes
 * back is passed over while there is another.
 */
export async function openStream (components: PeerStreamsComponents, init: OpeningInit, peer: PeerId, signal: AbortSignal, begin: Begin = greeted): Promise<FramedStream> {
  const paths = init.paths.sorted(components.connectionManager.getConnections(peer))
  for (const [i, connection] of paths.entries()) {
    try {
      return await openOn(connection, init, peer, signal, begin)
    } catch (error) {
      const silent = error instanceof Error && error.name === 'StreamTimeoutError'
      // a connection that died under our hands says nothing of the peer, which may be as well as ever
      if (signal.aborted || (connection.status === 'open' && !(silent && i + 1 < paths.length))) {
        throw error
      }
      init.paths.doubt(connection)
      init.onDoubt(connection)
    }
  }
  let connection: Connection
  try {
    connection = await dial(components, peer, signal)
  } catch (error) {
    throw signal.aborted ? error : noPath(peer.toString(), error)
  }
  return openOn(connection, init, peer, signal, begin)
}

/** libp2p lets a dial join one to the same peer that everybody else has just left, and aborts both. */
async function dial (components: PeerStreamsComponents, peer: PeerId, signal: AbortSignal): Promise<Connection> {
  try {
    return await components.connectionManager.openConnection(peer, { signal })
  } catch (error) {
    if (signal.aborted || !(error instanceof Error) || error.name !== 'AbortError') {
      throw error
    }
    await new Promise<void>(resolve => { nextTick(resolve) })
    return components.connectionManager.openConnection(peer, { signal })
  }
}

/** {@link openStream}, over this connection. */
export async function openOn (connection: Connection, init: OpeningInit, peer: PeerId, signal: AbortSignal, begin: Begin = greeted): Promise<FramedStream> {
  const controller = new AbortController()
  const onAbort = (): void => { controller.abort(signal.reason) }
  signal.throwIfAborted()
  init.activity.watch(connection, init.timers)
  signal.addEventListener('abort', onAbort, { once: true })
  const timeout = init.timers.after(init.openTimeout, () => {
    controller.abort(new StreamTimeoutError(`${peer.toString()} did not accept the stream within ${init.openTimeout} ms`))
  })
  try {
    const stream = await begin(await negotiate(connection, init, peer, controller.signal), init, peer, controller.signal)
    init.paths.carries(connection, stream)
    return stream
  } finally {
    init.timers.cancel(timeout)
    signal.removeEventListener('abort', onAbort)
  }
}

async function negotiate (connection: Connection, init: OpeningInit, peer: PeerId, signal: AbortSignal): Promise<Stream> {
  let stream: Stream
  try {
    stream = await connection.newStream(init.protocol, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: init.maxOutboundStreams
    })
  } catch (error) {
    signal.throwIfAborted()
    throw refused(peer, error)
  }
  // libp2p returns streams that are over already, and tells so in no other way
  if (stream.status !== 'open') {
    throw refused(peer, undefined)
  }
  return stream
}

async function greeted (stream: Stream, init: OpeningInit, peer: PeerId, signal: AbortSignal): Promise<FramedStream> {
  const { promise, resolve, reject } = Promise.withResolvers<FramedStream>()
  let open = false
  const result = framed(stream, {
    peer: peer.toString(),
    timers: init.timers,
    activity: init.activity.join(peer.toString()),
    ...(init.limits !== undefined && { limits: init.limits }),
    ...(init.busy !== undefined && { busy: init.busy }),
    onFrame: init.onFrame,
    onEmptyFrame: stream => {
      if (!open) {
        open = true
        // the answer shows the acceptor that the opener speaks the protocol; it leaves with the first request
        stream.write(0, () => {})
        init.onOpen(stream)
        resolve(stream)
      }
    },
    onClosing: stream => {
      if (open) {
        init.onClosing(stream)
      }
    },
    onEnd: (stream, reason) => {
      if (open) {
        init.onEnd?.(stream, reason)
      } else {
        init.activity.leave(stream.peer)
        reject(signal.aborted ? signal.reason : refused(peer, reason))
      }
    }
  })
  const onAbort = (): void => { result.abort(signal.reason) }
  if (signal.aborted) {
    onAbort()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function refused (peer: PeerId, cause: unknown): StreamRefusedError {
  return new StreamRefusedError(`${peer.toString()} refused the stream`, { cause })
}
