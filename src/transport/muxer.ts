/** Yamux with the settings of a mesh, without its way to end the process, and without an answer to every frame. */
import { yamux } from '@libp2p/yamux'
import { inOnePiece } from './under.ts'
import type { StreamMuxerFactory } from '@libp2p/interface'

type Muxer = ReturnType<ReturnType<ReturnType<typeof yamux>>['createStreamMuxer']>
type MuxedStream = ReturnType<Muxer['onCreateStream']>

/** What a stream has and its type does not tell. */
interface Window {
  readonly state: number
  /** Bytes that the other side may send before it must wait, when all were allowed and now. */
  readonly recvWindow: number
  readonly recvWindowCapacity: number
}

/** Yamux's state of a stream that both sides know of. */
const ESTABLISHED = 3

/**
 * Yamux opens the window again after every frame, however small: each message costs a second one, and through a relay
 * eight more. As the protocol's other implementations, this does so when half of it is used up.
 */
function worthTelling (stream: MuxedStream): boolean {
  const { state, recvWindow, recvWindowCapacity } = stream as unknown as Window
  return state !== ESTABLISHED || recvWindowCapacity * 2 <= recvWindow
}

/**
 * Yamux announces a new stream in a microtask, and a resumed one in its caller's: when the connection stops taking data
 * in between, the send throws where nobody can catch it, so any peer that hangs up at the right moment would end this
 * process. Here it ends the stream.
 */
function guard (stream: MuxedStream): MuxedStream {
  const send = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    if (!worthTelling(stream)) return
    try {
      send()
    } catch (err) {
      stream.abort(err as Error)
    }
  }
  return stream
}

export function muxer (): () => StreamMuxerFactory {
  return () => {
    const factory = yamux({
      // Its pings end no connection, they only tell the round trip; discovery's keep the way through a NAT open.
      keepAliveInterval: 120_000,
      // The window grows to 16 MiB by default, past the 4 MiB read buffer: a paused stream would be aborted.
      streamOptions: { maxStreamWindowSize: 1024 * 1024 }
    })()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const made = create(inOnePiece(connection))
      const open = made.onCreateStream.bind(made)
      const accept = made.onRemoteStream.bind(made)
      made.onCreateStream = () => guard(open())
      made.onRemoteStream = stream => { accept(guard(stream)) }
      return made
    }
    return factory
  }
}
