/** Yamux with the settings of a mesh, and without its way to end the process. */
import { yamux } from '@libp2p/yamux'
import type { StreamMuxerFactory } from '@libp2p/interface'

type Muxer = ReturnType<ReturnType<ReturnType<typeof yamux>>['createStreamMuxer']>
type MuxedStream = ReturnType<Muxer['onCreateStream']>

/**
 * Yamux announces a new stream in a microtask, and a resumed one in its caller's: when the connection stops taking data
 * in between, the send throws where nobody can catch it, so any peer that hangs up at the right moment would end this
 * process. Here it ends the stream.
 */
function guard (stream: MuxedStream): MuxedStream {
  const send = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
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
      // The window grows to 16 MiB by default, past the 4 MiB read buffer: a paused stream would be aborted.
      streamOptions: { maxStreamWindowSize: 1024 * 1024 }
    })()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const made = create(connection)
      const open = made.onCreateStream.bind(made)
      const accept = made.onRemoteStream.bind(made)
      made.onCreateStream = () => guard(open())
      made.onRemoteStream = stream => { accept(guard(stream)) }
      return made
    }
    return factory
  }
}
