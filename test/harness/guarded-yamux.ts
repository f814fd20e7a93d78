/**
 * Js-libp2p's yamux as it is, but that it ends no process: it announces a new stream in a microtask, and when the connection
 * stops taking data in between, the send throws where nobody can catch it. That would end a test which cuts connections;
 * nodes of a mesh have src/transport/muxer.ts for it.
 */
import { yamux } from '@libp2p/yamux'

type Factory = ReturnType<typeof yamux>
type Muxed = Parameters<ReturnType<ReturnType<Factory>['createStreamMuxer']>['onRemoteStream']>[0]

function guarded (stream: Muxed): Muxed {
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

export function guardedYamux (...init: Parameters<typeof yamux>): Factory {
  return () => {
    const factory = yamux(...init)()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const made = create(connection)
      const open = made.onCreateStream.bind(made)
      const accept = made.onRemoteStream.bind(made)
      made.onCreateStream = () => guarded(open())
      made.onRemoteStream = stream => { accept(guarded(stream)) }
      return made
    }
    return factory
  }
}
